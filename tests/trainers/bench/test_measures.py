"""The benchmark measures what it says: figures and bars, what each measure gives, briefly, and the command."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from itertools import islice
from pathlib import Path

import pytest

from trainers.__main__ import DONE, WRONG_USAGE, main
from trainers.bench import (
    advance,
    burst,
    class_load,
    classroom,
    kept,
    long_history,
    paces,
    sharing,
    start,
    subjects,
    viewers,
)
from trainers.bench.figures import FAST, QUICK, SLOW, Effort, Figure
from trainers.bench.measures import MEASURES
from trainers.bench.paces import Pace, bare_pace, machine_speed
from trainers.kinds.run import TRAINERS
from trainers.runs.build import build_spec
from trainers.runs.spec import MAX_ARMS, RunSpec

BRIEF = Effort(
    pairs=2, blocks=1, seconds=0.3, turns=2, starts=1, viewers=3, runs=2, more_runs=3, steps=20_000
)  # fmt: skip


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (Figure("a", 0.96, at_least=0.95), "(at least 0.95: met)"),
        (Figure("a", 0.94, at_least=0.95), "(at least 0.95: missed)"),
        (Figure("a", 39.0, "ms", at_most=40), "(at most 40: met)"),
        (Figure("a", 41.0, "ms", at_most=40), "(at most 40: missed)"),
    ],
)
def test_a_figure_says_whether_it_is_met(figure: Figure, verdict: str) -> None:
    assert str(figure).endswith(verdict)
    assert figure.is_met == ("met" in verdict)


def test_a_figure_without_a_goal_is_a_number_only() -> None:
    assert str(Figure("a", 41.0, "ms")).split() == ["a", "41", "ms"]


def test_a_figure_of_many_is_their_median_with_the_lowest_and_the_highest() -> None:
    figure = Figure.of("a", [5.0, 1.0, 2.0], "ms", at_most=2)
    assert (figure.value, figure.spread, figure.is_met) == (2.0, (1.0, 5.0), True)
    assert str(figure).split() == ["a", "2", "ms", "1", "to", "5", "(at", "most", "2:", "met)"]


@pytest.mark.parametrize(("speed", "bar"), [(5000, 20), (FAST, 20), (2325, 26.25), (2150, 32.5), (SLOW, 45), (900, 45)])
def test_a_bar_lies_between_those_of_a_fast_and_a_slow_machine(speed: float, bar: float) -> None:
    assert replace(QUICK, speed=speed).bar(20, 45) == pytest.approx(bar)


def test_what_is_compared_has_five_pairs_at_least() -> None:
    assert min(Effort().pairs, QUICK.pairs) >= 5


def test_each_measure_gives_its_figures() -> None:
    assert {path.stem for path in Path(advance.__file__).parent.glob("*.py")} >= set(MEASURES)
    for name in MEASURES:
        assert callable(import_module(f"trainers.bench.{name}").measure)


@pytest.mark.long
@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_gives_figures_that_are_numbers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subjects, "TASK", "digits")  # needs no data made first
    monkeypatch.setattr(sharing, "WORKERS", 1)
    monkeypatch.setattr(classroom, "QUIET_S", 1.0)
    monkeypatch.setattr(class_load, "QUIET_S", 0.1)
    monkeypatch.setattr(class_load, "JOIN_S", 0.5)
    monkeypatch.setattr(class_load, "VOTE_S", 0.5)
    figures = list(import_module(f"trainers.bench.{name}").measure(BRIEF))
    assert len({figure.name for figure in figures}) == len(figures) > 0
    for figure in figures:
        assert -math.inf < figure.value < math.inf
        assert figure.at_least is None or figure.at_most is None
        assert figure.spread is None or figure.spread[0] <= figure.value <= figure.spread[1]


def test_every_kind_of_trainer_has_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advance, "compare", lambda kind, spec, effort: Figure(kind, 1.0))
    assert [figure.name for figure in advance.measure(BRIEF)] == list(TRAINERS)


def test_a_share_is_of_blocks_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = iter([(1.0, 0.5), (4.0, 4.0), (2.0, 3.0), (9.0, 1.0)])
    monkeypatch.setattr(advance, "pairs_of_blocks", lambda spec: blocks)
    figure = advance.compare("gan", build_spec(subjects.TRICK), replace(BRIEF, blocks=3))
    assert (figure.value, figure.spread) == (1.0, (0.5, 1.5))
    assert figure.detail == {"run_steps_per_s": 0.5, "bare_steps_per_s": 1 / 3}
    assert next(blocks) == (9.0, 1.0)


def test_blocks_go_on_where_a_run_ends() -> None:
    spec = build_spec(subjects.TRICK, task="digits", steps=25)
    for run_s, bare_s in islice(advance.pairs_of_blocks(spec), 8):
        assert run_s > 0 and bare_s > 0


def test_the_pace_of_the_bare_loop_is_by_both_clocks() -> None:
    pace = bare_pace(build_spec(subjects.TRICK, task="digits", steps=1000), 0.2)
    assert pace.steps > 0 and pace.steps % 25 == 0
    assert pace.cpu_s > 0 and pace.wall_s >= 0.2


def test_the_speed_of_the_machine_is_of_one_network_by_processor_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def pace(spec: RunSpec, seconds: float) -> Pace:
        asked.append((len(spec.arms), seconds))
        return Pace(600, 0.25, 2.0)

    monkeypatch.setattr(paces, "bare_pace", pace)
    assert machine_speed(0.5) == 2400
    assert asked == [(1, 0.5)]


def two_figures(effort: Effort) -> Iterator[Figure]:
    yield Figure("speed", 0.5, at_least=0.4)
    yield Figure.of("delay", [float(effort.viewers)], "ms", at_most=1)


def test_the_command_prints_and_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in MEASURES:
        monkeypatch.setattr(import_module(f"trainers.bench.{name}"), "measure", lambda effort: iter(()))
    monkeypatch.setattr(viewers, "measure", two_figures)
    path = tmp_path / "bench.json"
    assert main(["bench", "--quick", "--json", str(path)]) == DONE
    machine, speed, *lines = capsys.readouterr().out.splitlines()
    assert machine.startswith("torch ") and speed.startswith("bare MLP ")
    assert [line.split()[0] for line in lines] == ["speed", "delay"]
    data = json.loads(path.read_text(encoding="utf-8"))
    assert [(f["name"], f["value"], f["spread"], f["is_met"]) for f in data["figures"]] == [
        ("speed", 0.5, None, True),
        ("delay", 50, [50, 50], False),
    ]
    assert data["effort"]["speed"] > 0
    assert main(["bench", "--json", "-"]) == DONE
    assert json.loads(capsys.readouterr().out)["effort"]["viewers"] == 300


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_what_was_measured_before_one_that_fails_is_written(
    error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(effort: Effort) -> Iterator[Figure]:
        yield Figure("speed", 0.5)
        raise error

    first, *others = MEASURES
    for name in others:
        monkeypatch.setattr(import_module(f"trainers.bench.{name}"), "measure", lambda effort: iter(()))
    monkeypatch.setattr(import_module(f"trainers.bench.{first}"), "measure", broken)
    path = tmp_path / "bench.json"
    with suppress(error):
        assert main(["bench", "--quick", "--json", str(path)]) != DONE
    assert [one["name"] for one in json.loads(path.read_text(encoding="utf-8"))["figures"]] == ["speed"]


def test_only_what_is_named_is_measured(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in MEASURES:
        told = Figure(name, 1.0)
        monkeypatch.setattr(import_module(f"trainers.bench.{name}"), "measure", lambda effort, told=told: iter([told]))
    assert main(["bench", "--quick", "--only", "start", "viewers"]) == DONE
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[2:]] == ["viewers", "start"]
    assert main(["bench", "--only", "floding"]) == WRONG_USAGE
    assert "invalid choice" in capsys.readouterr().err


def test_the_made_up_history_is_as_long_as_it_is_said_to_be() -> None:
    history = long_history.long_history(20_000)
    every = int(history.spec.settings["eval_every"])
    for arm in range(len(history.spec.arms)):
        assert history.step == history.length(arm) == 20_000
        assert history.test(arm, "step").tolist() == list(range(every, 20_001, every))
    assert [probe.step for probe in history.probes[-2:]] == [20_000, 20_000]


def test_what_keeping_costs_is_measured_in_a_store_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "LISTED", 120)
    monkeypatch.setattr(kept, "OPENED", 10_000)
    figures = list(kept.measure(replace(QUICK, pairs=1, runs=2, seconds=1.0)))
    assert [figure.name.split(":")[0] for figure in figures] == [
        "keeping 2 runs",
        "kept of 1,000 steps",
        "opening a kept run of 10,000 steps",
        "a page of a library of 124 runs",
    ]
    assert all(figure.value > 0 for figure in figures)
    assert set(figures[1].detail) == {"probe", "row", "test"} and sum(figures[1].detail.values()) > 10_000


def test_a_command_that_ends_otherwise_than_it_must_is_no_figure() -> None:
    assert start.run("-c", "import sys; sys.exit(2)", code=2).wall_s > 0
    with pytest.raises(RuntimeError, match="must end with 0, it ended with 3"):
        start.run("-c", "import sys; sys.exit(3)")


def test_the_processor_time_of_a_command_is_its_own() -> None:
    idle = start.run("-c", "import time; time.sleep(0.5)")
    busy = start.run("-c", "import time\nwhile time.process_time() < 0.5: pass")
    assert busy.cpu_s >= 0.45 and idle.cpu_s < idle.wall_s


def test_the_work_of_each_message_is_told() -> None:
    works = burst.own_work()
    assert {kind for kind, _ in works} == set(burst.READ)
    assert all(seconds > 0 for seconds in works.values())
    assert len(build_spec(subjects.TRICK, extra_arms=burst.ARMS).arms) == MAX_ARMS
