"""The small still drawings: what they draw stands inside them, in its place and as large as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from pages.lab import drawings

X = np.linspace(-1.0, 3.0, 50)
PLACES = np.array([[-3.0, 0.5], [2.0, -3.0], [0.0, 2.0]])
LABELS = np.array([0, 1, 1])
DRAWN = {
    "curves": drawings.curves(X, X**2, np.full(50, np.nan), "a parabola"),
    "curves beside": drawings.curves(X, X**2, 4 - X, "a parabola"),
    "bars": drawings.bars(np.array([1.0, 3.0, 0.0]), np.array([2.0, 2.0, 2.0]), "shares"),
    "grids": drawings.grids(np.random.default_rng(0).random((5, 32, 32)), "pictures"),
    "image": drawings.example(np.random.default_rng(0).random((8, 6)), "image", "a digit"),
    "signal": drawings.example(np.sin(X), "signal", "a wave"),
    "plane": drawings.plane(PLACES, LABELS, np.array([False, True, False]), "points"),
    "ground": drawings.ground(np.random.default_rng(0).random((12, 12)), np.array([0.5, -1.0]), -2.0, 2.0, "a valley"),
    "counts": drawings.counts([50, 10, 2], [5, 5, 5], "classes"),
}
Box = tuple[float, float, float, float]


def root_of(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def boxes_of(svg: str, look: str = "") -> list[Box]:
    """Left, top, right and bottom of each rectangle of that look."""
    found = [shape for shape in root_of(svg).iter("rect") if look in shape.get("class", "")]
    sides = [tuple(float(shape.get(name, "nan")) for name in ("x", "y", "width", "height")) for shape in found]
    return [(x, y, x + width, y + height) for x, y, width, height in sides]


def points_of(svg: str) -> Iterator[tuple[float, float]]:
    """The corners of what is drawn, and what texts begin at."""
    for left, top, right, bottom in boxes_of(svg):
        yield from ((left, top), (right, bottom))
    for shape in root_of(svg).iter():
        for across, down in (("x", "y"), ("cx", "cy")):
            if shape.get(across) is not None:
                yield float(shape.get(across, "")), float(shape.get(down, ""))
        for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)(?! l)", shape.get("points", "")):
            yield float(x), float(y)
        for x, y in re.findall(r"[ML](-?[\d.]+),(-?[\d.]+)", shape.get("d", "")):
            yield float(x), float(y)


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_drawn_stands_inside_the_drawing_and_fills_it(name: str) -> None:
    _, _, width, height = map(float, root_of(DRAWN[name]).get("viewBox", "").split())
    xs, ys = zip(*points_of(DRAWN[name]), strict=True)
    assert -0.1 <= min(xs) < 0.3 * width and 0.7 * width < max(xs) <= width + 0.1
    assert -0.1 <= min(ys) < 0.3 * height and 0.7 * height < max(ys) <= height + 0.1


@pytest.mark.parametrize("name", DRAWN)
def test_a_drawing_says_what_it_shows(name: str) -> None:
    assert root_of(DRAWN[name]).get("aria-label")
    assert "a &lt;b&gt; &quot;c&quot;" in drawings.svg([], 'a <b> "c"')


def test_a_curve_goes_from_its_first_point_to_its_last_and_higher_is_higher() -> None:
    (path,) = (shape for shape in root_of(DRAWN["curves"]).iter("path") if shape.get("class") == "accent")
    points = [tuple(map(float, pair.split(","))) for pair in path.get("d", "")[1:].split(" L")]
    assert [at for at, _ in points] == pytest.approx(np.linspace(8, 232, 50), abs=0.06)
    assert [up for _, up in points] == pytest.approx(88 - 80 * (X**2 - min(X**2)) / np.ptp(X**2), abs=0.06)


def test_bars_stand_side_by_side_as_high_as_their_values() -> None:
    accent, quiet = boxes_of(DRAWN["bars"], "accent"), boxes_of(DRAWN["bars"], "quiet")
    assert all(one[2] < other[0] for one, other in pairwise(accent))
    assert [(one[0], one[2]) for one in accent] == [(one[0], one[2]) for one in quiet]
    heights = [[bottom - top for _, top, _, bottom in boxes] for boxes in (accent, quiet)]
    assert heights[0] == pytest.approx([80 / 3, 80, 1.5], abs=0.1)  # nothing is a line, to be seen
    assert heights[1] == pytest.approx([160 / 3] * 3, abs=0.1)


def test_the_counts_of_each_class_stand_in_pairs_above_its_number() -> None:
    train, test = ([50, 10, 2, 7], [5, 25, 0, 1])
    svg = drawings.counts(train, test, "classes")
    texts = [
        (float(text.get("x", "")), float(text.get("y", "")), int(text.text or "")) for text in root_of(svg).iter("text")
    ]
    numbers, classes = [text for text in texts if text[1] < 120], [text for text in texts if text[1] > 120]
    pairs = list(zip(boxes_of(svg, "accent"), boxes_of(svg, "quiet"), strict=True))
    assert [number for *_, number in classes] == [0, 1, 2, 3]
    for (own, other), (middle, _, _) in zip(pairs, classes, strict=True):
        assert own[2] < other[0] and own[0] < middle < other[2]
        assert middle == pytest.approx((own[0] + other[2]) / 2)
    assert all(one[1][2] < other[0][0] for one, other in pairwise(pairs))
    drawn = [box for pair in pairs for box in pair]
    counted = [count for pair in zip(train, test, strict=True) for count in pair]
    for box, count, (x, y, number) in zip(drawn, counted, numbers, strict=True):
        assert number == count and box[3] - box[1] == pytest.approx(96 * count / 50, abs=0.1)
        assert x == pytest.approx((box[0] + box[2]) / 2) and 0 < box[1] - y < 10


def test_points_stand_where_they_are_and_their_class_and_faults_are_seen() -> None:
    discs = list(root_of(DRAWN["plane"]).iter("circle"))
    places = [(disc.get("cx"), disc.get("cy")) for disc in discs]
    assert places == [("8.0", "75.2"), ("232.0", "232.0"), ("142.4", "8.0")]
    assert [disc.get("class") for disc in discs] == [None, "accent-fill", "accent-fill"]
    (cross,) = root_of(DRAWN["plane"]).iter("path")
    assert cross.get("d") == "M226.0,226.0 l12,12 m0,-12 l-12,12"  # over the second


def test_a_place_on_a_ground_stands_where_it_is() -> None:
    (ring,) = root_of(DRAWN["ground"]).iter("circle")
    assert (ring.get("cx"), ring.get("cy")) == ("150.0", "180.0")  # 2.5 of 4 across, 1 of 4 up


def test_a_picture_is_darker_where_it_is_larger() -> None:
    values = np.arange(6.0).reshape(2, 3)
    shades = [float(shape.get("opacity", "")) for shape in root_of(drawings.example(values, "image", "")).iter("rect")]
    assert shades == [0, 0.2, 0.4, 0.6, 0.8, 1]
    ground = drawings.ground(values[:, :2] / 4, np.zeros(2), -1.0, 1.0, "")
    assert [float(shape.get("opacity", "")) for shape in root_of(ground).iter("rect")] == [1, 0.75, 0.25, 0]
