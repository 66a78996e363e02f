"""Small still drawings as SVG, in the colors of the page: `accent`, `quiet` and the text's own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]

WIDTH, HEIGHT = 240, 96
MARGIN = 8


def svg(parts: Sequence[str], label: str, width: float = WIDTH, height: float = HEIGHT) -> str:
    """The drawing made of `parts`; `label` says what it shows to who cannot see it."""
    size = f'viewBox="0 0 {width:g} {height:g}"'
    return f'<svg {size} role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'


def curves(x: Array, y: Array, neutral: Array | None, label: str) -> str:
    """`y` over `x` (n,) in the accent color, with a point that travels on it, and `neutral` dashed behind it.

    Of a long curve the lowest and highest points of each two units of width are drawn.
    """
    drawn = [y] if neutral is None else [y, neutral]
    finite = np.concatenate([values[np.isfinite(values)] for values in drawn]).astype(float)
    low, high = float(finite.min()), float(finite.max())
    across = _scale(x.astype(float), float(x.min()), float(x.max()), MARGIN, WIDTH - MARGIN)

    def path(values: Array) -> str:
        up = _scale(values.astype(float), low, high, HEIGHT - MARGIN, MARGIN)
        points = [f"{across[at]:.1f},{up[at]:.1f}" for at in _ends(up) if math.isfinite(up[at])]
        return "M" + " L".join(points)

    parts = []
    if neutral is not None:
        parts.append(f'<path class="quiet" d="{path(neutral)}" fill="none" stroke-width="2" stroke-dasharray="5 4"/>')
    parts.append(f'<path class="accent" d="{path(y)}" fill="none" stroke-width="2.5" stroke-linejoin="round"/>')
    parts.append(f'<circle class="accent-fill travels" r="4.5" style="offset-path: path(\'{path(y)}\')"/>')
    return svg(parts, label)


def bars(values: Array, neutral: Array | None, label: str) -> str:
    """`values` (K,) as bars, and the outlines of `neutral` around them."""
    top = float(np.max(values if neutral is None else np.maximum(values, neutral))) or 1.0
    slot = (WIDTH - 2 * MARGIN) / len(values)
    parts = []
    for number, value in enumerate(values.astype(float)):
        left = MARGIN + number * slot + slot * 0.15
        height = max(1.5, (HEIGHT - 2 * MARGIN) * value / top)
        parts.append(_box(left, HEIGHT - MARGIN - height, slot * 0.7, height, 'class="accent-fill"'))
        if neutral is not None:
            height = max(1.5, (HEIGHT - 2 * MARGIN) * float(neutral[number]) / top)
            look = 'class="quiet" fill="none" stroke-width="1.5" stroke-dasharray="4 3"'
            parts.append(_box(left, HEIGHT - MARGIN - height, slot * 0.7, height, look))
    return svg(parts, label)


def grids(values: Array, label: str) -> str:
    """`values` (n, H, W) as pictures side by side, as many as there is room for, darker where they are larger.

    Pictures of more than 16 rows are halved: at this size nobody sees the difference.
    """
    while values.shape[1] > 16 and not (values.shape[1] % 2 or values.shape[2] % 2):
        values = values.reshape(len(values), values.shape[1] // 2, 2, values.shape[2] // 2, 2).mean(axis=(2, 4))
    rows, columns = values.shape[1:]
    cell = (HEIGHT - 2 * MARGIN) / rows
    count = max(1, min(len(values), int((WIDTH - MARGIN) / (columns * cell + MARGIN))))
    shown = values[:count].astype(float)
    left = (WIDTH - count * columns * cell - (count - 1) * MARGIN) / 2
    above = (HEIGHT - rows * cell) / 2
    top = float(shown.max()) or 1.0
    parts = []
    for number, row, column in np.ndindex(count, rows, columns):
        x = left + number * (columns * cell + MARGIN) + column * cell
        shade = 0.12 + 0.88 * max(0.0, float(shown[number, row, column])) / top
        parts.append(_box(x, above + row * cell, cell * 0.86, cell * 0.86, f'opacity="{shade:.2f}"'))
    return svg(['<g class="accent-fill">', *parts, "</g>"], label)


def example(values: Array, view: str, label: str) -> str:
    """One example of a task: an image (H, W) or a signal (L,)."""
    if view == "image":
        rows, columns = values.shape
        shades = _scale(values.astype(float), min(0.0, float(values.min())), float(values.max()), 0, 1)
        parts = [
            _box(column, row, 1.02, 1.02, f'fill="currentColor" opacity="{shades[row, column]:.2f}"')
            for row, column in np.ndindex(rows, columns)
        ]
        return svg(parts, label, columns, rows)
    across = np.linspace(2, 118, len(values))
    up = _scale(values.astype(float), float(values.min()), float(values.max()), 54, 6)
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, up, strict=True))
    look = 'fill="none" stroke="currentColor" stroke-width="1.2" stroke-linejoin="round"'
    return svg([f'<polyline points="{line}" {look}/>'], label, 120, 60)


def plane(points: Array, labels: Array, wrong: Array, label: str) -> str:
    """Points (n, 2) of a plane: discs of class 1, rings of class 0; a cross on those recorded `wrong`."""
    low, high = float(points.min()), float(points.max())
    xs = _scale(points[:, 0].astype(float), low, high, 8, 232)
    ys = _scale(points[:, 1].astype(float), low, high, 232, 8)
    parts = []
    for x, y, group, bad in zip(xs, ys, labels, wrong, strict=True):
        look = 'class="accent-fill"' if group else 'fill="none" stroke="currentColor" stroke-width="1.5"'
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" {look}/>')
        if bad:
            cross = f"M{x - 6:.1f},{y - 6:.1f} l12,12 m0,-12 l-12,12"
            parts.append(f'<path d="{cross}" stroke="currentColor" stroke-width="1.2"/>')
    return svg(parts, label, 240, 240)


def ground(field: Array, place: Array, low: float, high: float, label: str) -> str:
    """A ground (G, G) over the square from `low` to `high`, darker where it is lower, and a ring at `place` (2,)."""
    cell = 240 / len(field)
    parts = [
        _box(column * cell, 240 - (row + 1) * cell, cell, cell, f'class="accent-fill" opacity="{1 - height:.2f}"')
        for (row, column), height in np.ndenumerate(field.astype(float))
    ]
    x, y = _scale(place.astype(float), low, high, 0, 240)
    parts.append(
        f'<circle cx="{x:.1f}" cy="{240 - y:.1f}" r="6" fill="none" stroke="currentColor" stroke-width="2.5"/>'
    )
    return svg(parts, label, 240, 240)


def counts(train: Sequence[int], test: Sequence[int], label: str) -> str:
    """The number of examples of each class, training beside test, the number above each bar."""
    top = max(*train, *test, 1)
    slot, height = 64, 96
    parts = []
    for number, pair in enumerate(zip(train, test, strict=True)):
        for side, count in enumerate(pair):
            tall = height * count / top
            x = number * slot + 6 + side * 26
            parts.append(_box(x, 112 - tall, 24, tall, f'class="{("accent-fill", "quiet-fill")[side]}"'))
            parts.append(f'<text x="{x + 12}" y="{108 - tall:.1f}" font-size="9" text-anchor="middle">{count}</text>')
        parts.append(f'<text x="{number * slot + 31}" y="128" font-size="12" text-anchor="middle">{number}</text>')
    return svg(parts, label, max(len(train), 4) * slot, 134)


def _ends(values: NDArray[np.float64]) -> list[int]:
    """The places of the lowest and the highest of `values` (n,) in each of `WIDTH / 2` stretches, or all, in order."""
    if len(values) <= WIDTH:
        return list(range(len(values)))
    chosen = {0, len(values) - 1}
    for stretch in np.array_split(np.arange(len(values)), WIDTH // 2):
        chosen |= {int(stretch[np.argmin(values[stretch])]), int(stretch[np.argmax(values[stretch])])}
    return sorted(chosen)


def _scale(values: NDArray[np.float64], low: float, high: float, start: float, end: float) -> NDArray[np.float64]:
    """`values` moved from low…high to start…end."""
    span = high - low or 1.0
    return np.asarray(start + (values - low) / span * (end - start))


def _box(x: float, y: float, width: float, height: float, look: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" {look}/>'
