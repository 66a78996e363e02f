"""The page of distillation."""

from pages.lab.panels import Bars, Page
from pages.lab.view import show

PAGE = Page(
    trick="distillation",
    panels=(
        Bars("teacher_word", array="teacher_targets"),
        Bars("student_word", array="student_targets"),
        Bars("asked", array="asked", preview=True),
    ),
    present_knobs=("teacher_weight", "temperature"),
)

if __name__ == "__main__":
    show(PAGE)
