"""The page of class balance."""

from pages.lab.panels import Bars, Page
from pages.lab.view import show

PAGE = Page(
    trick="class_balance",
    panels=(
        Bars("learned_shares", array="learned_shares", preview=True),
        Bars("class_recalls", array="class_recalls", arms="all"),
        Bars("batch_counts", array="batch_counts", arms="all"),
        Bars("class_counts", array="class_counts"),
    ),
    present_knobs=("balancing", "balance_power"),
)

if __name__ == "__main__":
    show(PAGE)
