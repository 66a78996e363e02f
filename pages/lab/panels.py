"""What a trick's page declares: its panels, of the few kinds the live component can draw.

Panels are fed by named arrays: those of the trick's `probe`, taken from an arm as it trains, and those of its
`preview`, which the knobs alone determine. Titles, captions and the names of arrays stand in the trick's text.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

from pages.lab.text import Words

Arms = Literal["trick", "all"]
"""Which arms a panel draws: those of the trick, or the baseline too."""


@dataclass(frozen=True)
class Panel:
    """A panel; `id` names it in the labels."""

    kind: ClassVar[str]
    id: str

    def to_config(self, words: Words) -> dict[str, Any]:
        """The declaration as the live component takes it, with its words."""
        named = {name: words[f"panel.{self.id}.{name}"] for name in ("title", "caption")}
        axes = {axis: words.get(f"array.{array}") for axis, array in self.axes().items()}
        return {**asdict(self), "kind": self.kind, **named, **axes}

    def axes(self) -> dict[str, str]:
        """The arrays that name the axes."""
        return {}


@dataclass(frozen=True, kw_only=True)
class Lines(Panel):
    """Single numbers over the steps: probes of one number, or columns of rows or tests.

    `hlines` are knobs whose values are drawn as level lines.
    """

    kind: ClassVar[str] = "lines"
    arrays: tuple[str, ...]
    arms: Arms = "trick"
    log: bool = False
    hlines: tuple[str, ...] = ()

    def axes(self) -> dict[str, str]:
        return {"ylabel": self.arrays[0]} if len(self.arrays) == 1 else {}


@dataclass(frozen=True, kw_only=True)
class Layers(Panel):
    """One line a layer over the steps: `array` is a probe (L,)."""

    kind: ClassVar[str] = "layers"
    array: str
    arms: Arms = "trick"
    log: bool = False

    def axes(self) -> dict[str, str]:
        return {"ylabel": self.array}


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Probes: the edges (B + 1,) of bins and the counts (B,) in them."""

    edges: str
    counts: str


@dataclass(frozen=True, kw_only=True)
class Curve(Panel):
    """Preview arrays `y` over the preview array `x`, as the knobs draw them.

    What no preview tells, since it is learned, is taken from the arm's probes of these names. `point` names two probes
    of one number, the place on the curve where the arm now is; `histogram` the arm's values beneath it. Where `x` are
    the steps, `past` names for each `y` what is drawn up to the present step in its place, as it was: a column of the
    rows, or a probe of one number.
    """

    kind: ClassVar[str] = "curve"
    x: str
    y: tuple[str, ...]
    point: tuple[str, str] | None = None
    histogram: Histogram | None = None
    past: tuple[str, ...] = ()

    def axes(self) -> dict[str, str]:
        return {"xlabel": self.x} | ({"ylabel": self.y[0]} if len(self.y) == 1 else {})


@dataclass(frozen=True, kw_only=True)
class Bars(Panel):
    """The numbers of `array` (K,), a probe or, with `preview`, a preview array."""

    kind: ClassVar[str] = "bars"
    array: str
    arms: Arms = "trick"
    labels: tuple[str, ...] | None = None
    preview: bool = False


@dataclass(frozen=True, kw_only=True)
class Field:
    """A probe (G, G) drawn beneath points; it spans `low` to `high` in both directions."""

    values: str
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Scatter(Panel):
    """Points at the probes `x` and `y` (n,), colored by the whole numbers of `group` (n,).

    With `paths` all arms share one square: points of group 0 are an arm's path, two of each other group an arrow.
    """

    kind: ClassVar[str] = "scatter"
    x: str
    y: str
    group: str | None = None
    field: Field | None = None
    arms: Arms = "trick"
    paths: bool = False


@dataclass(frozen=True, kw_only=True)
class Images(Panel):
    """The pictures of `array` (n, H, W), a probe or, with `preview`, a preview array, in `columns` columns.

    Tones go over `span`, or over each picture's own values where there is none. `boxes` are probes (n, 4) drawn on the
    pictures, (x, y, w, h) as shares of their sides: the first in the arm's color, the others dashed. `marks` is a
    probe (n,) of whole numbers, each written over the rows -6 to -2 of its picture, which are left free for it.
    """

    kind: ClassVar[str] = "images"
    array: str
    columns: int
    arms: Arms = "trick"
    preview: bool = False
    span: tuple[float, float] | None = None
    boxes: tuple[str, ...] = ()
    marks: str = ""


@dataclass(frozen=True, kw_only=True)
class Page:
    """A trick's page; `present_knobs` are the one or two that the presenter's view keeps."""

    trick: str
    panels: tuple[Panel, ...]
    present_knobs: tuple[str, ...]
