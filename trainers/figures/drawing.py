"""How figures look and how they are written: the page's colors and dashes on white, and the same bytes each time.

No pyplot: a figure is an object of its own, drawn by Agg. Nothing of a figure's file depends on the day, on the
machine's fonts (matplotlib's own stand in it) or on somebody's matplotlibrc.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any

from tricks.declaration import RefusedError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS = ("#6f7378", "#0072b2", "#c17f00", "#00896a", "#d55e00", "#b8628f", "#2f8fc6")
"""Of the arms, the baseline first: Okabe and Ito's, as the page has them on light grounds."""
DASHES: tuple[Any, ...] = ((0, (5, 3)), "-", (0, (1, 1.6)), (0, (5, 2, 1, 2)), (0, (9, 3)), (0, (9, 2, 1, 2)))
MARKERS = ("o", "s", "D", "^", "P", "*", "h")
TEXT, MUTED, GRID = "#1f2328", "#5d6369", "#e6e8ea"
METADATA: Mapping[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": "trick-lab"},
    "pdf": {"CreationDate": None, "Creator": "trick-lab", "Producer": None},
    "png": {"Software": None},
}
KINDS = tuple(METADATA)
_STYLE: Any = {
    "svg.hashsalt": "trick-lab",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": TEXT,
    "axes.labelcolor": TEXT,
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "legend.frameon": False,
    "lines.solid_capstyle": "round",
    "savefig.dpi": 200,
}
_alone = RLock()  # what matplotlib goes by is one for the whole process


def kind_of(name: str) -> str:
    """The kind of figure that a file of that name is.

    Raises:
        RefusedError: it is none of `KINDS`.
    """
    kind = name.rpartition(".")[2].lower()
    if kind not in KINDS:
        raise RefusedError(f"a figure must end in .{', .'.join(KINDS)}, got {name!r}")
    return kind


def written(draw: Callable[[], Figure], kind: str) -> bytes:
    """The file of what `draw` draws; the same for the same figure."""
    with _styled():
        buffer = io.BytesIO()
        draw().savefig(buffer, format=kind, metadata=METADATA[kind])
        return buffer.getvalue()


def new_figure(charts: int, caption: str, *, height: float = 3.6) -> tuple[Figure, list[Axes]]:
    """A figure of so many charts beside each other, with its caption beneath; `height` is in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = 9.0 if charts > 1 else 5.6
    lines = textwrap.wrap(caption, round(width * 17))
    figure = Figure(figsize=(width, height + 0.16 * len(lines)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, charts, squeeze=False)[0]
    figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=7, color=MUTED)
    return figure, list(axes)


def look(arm: int) -> dict[str, Any]:
    """The color and the dash of an arm by its number."""
    return {"color": COLORS[arm % len(COLORS)], "linestyle": DASHES[arm % len(DASHES)]}


def plain_text(text: str) -> str:
    """`text` as matplotlib shows it: without what it would take for mathematics, or cannot draw."""
    return "".join(letter if letter.isprintable() else " " for letter in text).replace("$", r"\$")


@contextmanager
def _styled() -> Iterator[None]:
    import matplotlib as mpl

    with _alone, mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield
