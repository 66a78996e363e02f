"""The page of label cleaning."""

from pages.lab.panels import Bars, Images, Page
from pages.lab.view import show

EDGES = tuple(f"{index / 2:g}" for index in range(20))

PAGE = Page(
    trick="label_cleaning",
    panels=(
        Images("suspects", array="suspects", columns=12, marks="suspect_labels"),
        Bars("suspect_losses", array="suspect_losses"),
        Bars("right_losses", array="right_losses", labels=EDGES),
        Bars("wrong_losses", array="wrong_losses", labels=EDGES),
        Bars("fates", array="fates", labels=("as recorded", "corrected", "dropped"), preview=True),
        Bars("quality", array="quality", labels=("precision", "recall", "left")),
    ),
    present_knobs=("cleaning", "suspect_share"),
)

if __name__ == "__main__":
    show(PAGE)
