"""Statements: declared, measured on rows, written into sentences, and refused where they could say nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trainers.__main__ import main
from trainers.evidence import article_numbers, declarations
from trainers.evidence.article_numbers import DIVERGED, fill, measure, rows_of, stale
from trainers.evidence.declarations import SEEDS, Experiment, StatementError, parse
from trainers.evidence.replicates import train_seed

TRICK = "flooding"
MADE = {"processor": "any", "torch": "1"}
SHORT = """
[experiments.short]
steps = 40
at = [20, 30]
turns = [{step = 21, name = "flood_level", value = 0.6}]
"""
STATED = """
[statements.gap]
of = "short"
metric = "test_loss"
arm = "flooding"
against = "baseline"
"""


def made_up(values: dict[str, list[float]], **more: str) -> list[dict[str, str]]:
    """Rows of the experiment above at its last step: of each arm these test losses, one a seed."""
    return [
        {"experiment": "short", "seed": str(seed), "arm": arm, "step": "40", DIVERGED: "0", "test_loss": str(value)}
        | more
        for arm, column in values.items()
        for seed, value in zip(SEEDS, column, strict=False)
    ]


def gap(bound: str, arm: list[float], baseline: list[float]) -> article_numbers.Measured:
    told = parse(TRICK, SHORT + STATED + bound, "x.toml")
    return measure(told.statements["gap"], made_up({"flooding": arm, "baseline": baseline}), told.experiments)


def test_a_difference_is_of_matched_seeds_and_written_by_its_size() -> None:
    found = gap("most = -0.1\non = 3\ndigits = 3", [1.0, 2.0, 3.0, 4.0], [1.25, 2.5, 3.05, 4.2])
    assert found.values == pytest.approx([-0.25, -0.5, -0.05, -0.2])
    assert found.kept == 3 and not found.broken
    assert found.write() == "0.250" and found.write("least") == "0.050" and found.write("most") == "0.500"
    assert found.write("of") == "2.500" and found.write("against") == "2.750" and found.write("seeds") == "3"


def test_points_and_percent_are_hundredths() -> None:
    assert gap("least = 0\nunit = 'points'", [0.5, 0.5], [0.25, 0.35]).write() == "20.0"
    assert gap("least = 0\nunit = 'percent'", [0.5, 0.5], [0.25, 0.35]).write("against") == "30"


def test_a_ratio_divides_and_since_looks_back() -> None:
    told = parse(TRICK, SHORT + STATED + "ratio = true\nmean = [1.9, 2.1]", "x.toml")
    rows = made_up({"flooding": [1.0, 4.0], "baseline": [0.5, 2.0]})
    assert measure(told.statements["gap"], rows, told.experiments).values == pytest.approx([2, 2])
    text = STATED.replace('against = "baseline"\n', "since = 20\nstep = 30\nleast = 0")
    told = parse(TRICK, SHORT + text, "x.toml")
    rows = [row | {"step": step} for step in ("20", "30") for row in made_up({"flooding": [float(step)] * 3})]
    assert measure(told.statements["gap"], rows, told.experiments).values == pytest.approx([10, 10, 10])


@pytest.mark.parametrize(
    ("bound", "told"),
    [
        ("least = 0", "holds on 8 of 9 seeds, must on 9"),
        ("least = 0\nmost = 0.15\non = 2", "holds on 1 of 9 seeds, must on 2"),
        ("mean = [0.0, 0.1]", "has a mean of 0.3444, must be 0 to 0.1"),
        ("told = 'less'", "is told as more, must be less"),
        ("told = 'same'", "is told as more, must be same"),
    ],
)
def test_what_does_not_hold_is_said_with_what_was_found(bound: str, told: str) -> None:
    arm = [1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 0.9, 1.4]
    assert told in gap(bound, arm, [1.0] * 9).broken


def test_no_difference_is_told_where_none_can_be() -> None:
    assert not gap("told = 'same'", [1.0, 2.0, 1.0, 2.0, 1.1, 1.9], [2.0, 1.0, 2.0, 1.0, 2.0, 1.0]).broken
    assert not gap("told = 'less'", [1.0 + 0.01 * n for n in range(8)], [2.0] * 8).broken


def test_an_arm_that_diverged_keeps_no_bound_and_is_counted_as_such() -> None:
    found = gap("least = 0\non = 1", [float("nan"), 2.0], [1.0, 1.0])
    assert found.kept == 1 and found.write() == "1.00"
    told = parse(
        TRICK, SHORT + STATED.replace('metric = "test_loss"', f'metric = "{DIVERGED}"') + "least = 0", "x.toml"
    )
    rows = made_up({"flooding": [1.0]}, diverged="1") + made_up({"baseline": [1.0]})
    assert measure(told.statements["gap"], rows, told.experiments).values == [1.0]


def test_evidence_is_quoted_by_its_study() -> None:
    text = STATED.replace('of = "short"', 'of = "flooding-spirals"') + "told = 'less'"
    told = parse(TRICK, text, "x.toml")
    found = measure(told.statements["gap"], [], {})
    assert len(found.values) == 16 and not found.broken


def test_names_in_a_text_become_numbers() -> None:
    found = {"gap": gap("least = 0\ndigits = 1", [3.0, 2.0], [1.0, 1.0])}
    told = fill("It is {gap} more, on {gap.seeds} seeds {gap.holds}. f{x} stays?", found | {"x": found["gap"]}, "x.md")
    assert told == "It is 1.5 more, on 2 seeds. f1.5 stays?"
    with pytest.raises(StatementError, match=r"x\.md: gup is not declared \(nearest: gap\)"):
        fill("{gup}", found, "x.md")
    with pytest.raises(StatementError, match="gap has no width"):
        fill("{gap.width}", found, "x.md")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[experiment]", "experiment is not one of experiments, statements, exempt"),
        ("[experiments.a", "x.toml: "),
        ("[experiments.a]\nlink = 1", "experiments.a: link is not one of arms, at, steps"),
        ("[experiments.a]\nvalues = {flood_level = -1}", "experiments.a: flood_level must be between"),
        ("[experiments.a]\nat = [25]", "at must be steps before 1500 at which is measured, each 10, got 25"),
        (SHORT + STATED, "statements.gap: it must have a bound"),
        (SHORT + STATED + "least = 'a'", "least must be a number, got 'a'"),
        (SHORT + STATED + "told = 'better'", "told must be one of more, less, same"),
        (SHORT + STATED.replace("against", "step = 30\n#") + "told = 'more'", "of a difference"),
        (SHORT + STATED + "least = 0\nunit = 'm'", "unit must be one of points, percent, got 'm'"),
        (SHORT + STATED + "mean = [1, 0]", "mean must be two numbers, the lower first"),
        (SHORT + STATED.replace('"flooding"', '"floding"') + "least = 0", "an arm must be one of baseline, flooding"),
        (SHORT + STATED + "least = 0\nstep = 25", "a step must be one of those kept, [20, 30], got 25"),
        (SHORT + STATED.replace("gap", "Gap") + "least = 0", "a name must be of small letters"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(text: str, told: str) -> None:
    with pytest.raises(StatementError) as refused:
        parse(TRICK, text, "x.toml")
    assert told in str(refused.value)


def test_what_is_not_recorded_is_said() -> None:
    told = parse(TRICK, SHORT + STATED + "least = 0", "x.toml")
    with pytest.raises(StatementError, match="nothing is recorded of short"):
        measure(told.statements["gap"], [], told.experiments)
    with pytest.raises(StatementError, match="nothing is recorded of arm baseline"):
        measure(told.statements["gap"], made_up({"flooding": [1.0]}), told.experiments)
    changed = parse(TRICK, SHORT + STATED.replace("test_loss", "tast_loss") + "least = 0", "x.toml")
    with pytest.raises(StatementError, match="there is no tast_loss, only test_loss"):
        measure(changed.statements["gap"], made_up({"flooding": [1.0], "baseline": [1.0]}), changed.experiments)


def test_rows_are_those_of_the_run_with_its_turns() -> None:
    told = parse(TRICK, SHORT, "x.toml")
    experiment = told.experiments["short"]
    turned, plain = train_seed(experiment.spec, experiment.turns), train_seed(experiment.spec)
    assert turned is not None and plain is not None
    rows = rows_of(experiment, [turned], MADE)
    assert [(row["arm"], row["step"]) for row in rows] == [
        (arm, step) for arm in ("baseline", "flooding") for step in ("20", "30", "40")
    ]
    before = rows_of(
        Experiment("short", experiment.spec, (), experiment.at), [plain], {"processor": "any", "torch": "1"}
    )
    same = [new["test_loss"] == old["test_loss"] for new, old in zip(rows, before, strict=True)]
    assert same == [True, True, True, True, False, False]
    assert not stale(told, rows)
    again = article_numbers.rows_csv(rows)
    assert again.count("\n") == len(rows) + 1


def test_a_changed_declaration_makes_its_rows_stale() -> None:
    told = parse(TRICK, SHORT, "x.toml")
    result = train_seed(told.experiments["short"].spec, told.experiments["short"].turns)
    assert result is not None
    rows = rows_of(told.experiments["short"], [result], MADE)
    for changed in (SHORT.replace("40", "50"), SHORT.replace("0.6", "0.5"), SHORT.replace("30]", "30, 10]")):
        assert [one.name for one in stale(parse(TRICK, changed, "x.toml"), rows)] == ["short"]
    assert not stale(parse(TRICK, SHORT, "x.toml"), rows)


def test_the_command_trains_what_is_missing_and_tells_what_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(declarations, "FOLDER", tmp_path)
    (tmp_path / f"{TRICK}.toml").write_text(SHORT + STATED + "least = -9", encoding="utf-8")
    assert main(["statements", TRICK, "--check"]) == 1
    assert "nothing is recorded of short" in capsys.readouterr().out
    assert main(["statements", TRICK, "--workers", "1"]) == 0
    told = capsys.readouterr().out
    assert "gap: test_loss of flooding against baseline in short" in told and "16 of 16 seeds; holds" in told
    written = (tmp_path / f"{TRICK}.csv").read_text(encoding="utf-8")
    assert main(["statements", TRICK]) == 0 and (tmp_path / f"{TRICK}.csv").read_text(encoding="utf-8") == written
    (tmp_path / f"{TRICK}.toml").write_text(SHORT + STATED + "least = 9", encoding="utf-8")
    capsys.readouterr()
    assert main(["statements", TRICK]) == 1
    assert "NOT SO: it holds on 0 of 16 seeds" in capsys.readouterr().out
    (tmp_path / f"{TRICK}.toml").write_text("[experiments.a]\nat = 1", encoding="utf-8")
    assert main(["statements", TRICK]) == 1


def test_the_mean_of_nothing_is_not_a_number() -> None:
    found: Any = gap("mean = [0, 1]", [float("nan")], [1.0])
    assert np.isnan(found.values).all() and "has a mean of nan" in found.broken


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"name,grade\nAda,1\n", "it has no column experiment"),
        (b"experiment,seed,arm,step,declared\nshort,x100,baseline,40,d\n", "seed must be a whole number, got 'x100'"),
        (b"experiment,seed,arm,step,declared\nshort,100\n", "one has more or fewer cells"),
        (b"\xff\xfe", "must be rows that were recorded: 'utf-8' codec"),
        (b"experiment," + 200_000 * b"a", "must be rows that were recorded: field larger"),
        (b"", "it has no column experiment"),
        (b"experiment,seed,arm,step,declared,test_loss\nshort,100,flooding,40,d,x\n", "test_loss must be a number"),
    ],
)
def test_rows_that_are_none_are_refused(
    content: bytes, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(declarations, "FOLDER", tmp_path)
    (tmp_path / f"{TRICK}.toml").write_text(f"{SHORT}{STATED}least = 0", encoding="utf-8")
    (tmp_path / f"{TRICK}.csv").write_bytes(content)
    assert main(["statements", TRICK, "--check"]) == 1
    assert TRICK in (said := "".join(capsys.readouterr())) and why in said
    (tmp_path / f"{TRICK}.csv").unlink()
    (tmp_path / f"{TRICK}.csv").mkdir()
    assert main(["statements", TRICK]) == 1
    assert f"{TRICK}.csv cannot be read: Is a directory" in "".join(capsys.readouterr())


def test_declarations_that_are_no_text_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declarations, "FOLDER", tmp_path)
    (tmp_path / f"{TRICK}.toml").write_bytes(b"\xff")
    with pytest.raises(StatementError, match=rf"{TRICK}\.toml must be UTF-8 text, byte 0 is not"):
        declarations.declared(TRICK)
