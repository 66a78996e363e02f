"""What `evidence` and `statements` are given that cannot be used, and what becomes of the files that they write."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dask
import pandas as pd
import pytest

from tests.limits import WAIT_S
from trainers.__main__ import DONE, FAILED, WRONG_USAGE, main
from trainers.evidence import article_numbers, declarations, recorded, replicates, self_check, studies
from trainers.evidence import pool as pools
from trainers.runs.build import build_spec

TOLD = {"evidence": "evidence flooding --seeds 2", "statements": "statements flooding --all"}


@pytest.mark.parametrize("command", TOLD)
@pytest.mark.parametrize("address", ["foo", "http://x", "tcp://127.0.0.1:abc", ""])
def test_what_is_no_clusters_address_is_refused(command: str, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*TOLD[command].split(), "--scheduler", address]) == WRONG_USAGE
    (line,) = capsys.readouterr().err.splitlines()
    assert "--scheduler must be the address of a cluster" in line and f"got {address!r}" in line


@pytest.mark.parametrize("command", TOLD)
def test_a_cluster_that_does_not_answer_is_said_to_be_out_of_reach(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with dask.config.set({"distributed.comm.timeouts.connect": "200ms"}):
        assert main([*TOLD[command].split(), "--scheduler", "tcp://127.0.0.1:1"]) == FAILED
    said = "".join(capsys.readouterr())
    assert "ConnectionError: the cluster at tcp://127.0.0.1:1 cannot be reached: Timed out" in said


@pytest.mark.parametrize("command", TOLD)
def test_a_cluster_to_which_no_worker_comes_is_told_as_what_it_is(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def late(*_: object) -> None:
        raise TimeoutError("Only 0/1 workers arrived")

    monkeypatch.setattr(pools, "open_pool", late)
    assert main(TOLD[command].split()) == FAILED
    assert "TimeoutError: Only 0/1 workers arrived" in "".join(capsys.readouterr())


def test_a_results_file_that_is_nested_too_deeply_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deep = tmp_path / "deep.json"
    deep.write_text('{"version":1,"studies":' + "[" * 100_000, "utf-8")
    assert main(["evidence", "flooding", "--json", str(deep)]) == WRONG_USAGE
    assert f"{deep} must be a results file, it is nested too deeply" in capsys.readouterr().err


# What the files hold


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tiny studies, in this process, beside `tmp_path`."""

    @contextmanager
    def here(*_: object) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(executor=None, slots=1)

    def short(trick: str, seeds: Sequence[int]) -> tuple[studies.Study, ...]:
        return (studies.study_of(build_spec(trick, steps=4, values={"eval_every": 4}), seeds),)

    monkeypatch.setattr(pools, "open_pool", here)
    monkeypatch.setattr(studies, "studies_of", short)
    monkeypatch.chdir(tmp_path)


def during(monkeypatch: pytest.MonkeyPatch, count: int, act: Callable[[], object]) -> None:
    """Does something as the next training has made `count` of its runs."""
    train = replicates.train

    def watched(*args: Any, **options: Any) -> Iterator[Any]:
        monkeypatch.setattr(replicates, "train", train)
        arriving = train(*args, **options)
        for _ in range(count):
            yield next(arriving)
        act()
        yield from arriving

    monkeypatch.setattr(replicates, "train", watched)


def tricks_in(name: str) -> list[str]:
    frame = pd.read_parquet(name) if name.endswith(".parquet") else pd.read_csv(name)
    return list(dict.fromkeys(frame["trick"]))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("outputs", ["--csv a.csv --summary b.parquet", "--csv a.parquet --summary b.csv"])
def test_a_table_keeps_what_it_holds_of_other_tricks(outputs: str) -> None:
    names = outputs.split()[1::2]
    assert main(["evidence", "label_smoothing", "--seeds", "3", *outputs.split()]) == DONE
    before = [recorded.read_table(Path(name), kind) for name, kind in zip(names, recorded.TABLES, strict=True)]
    for _ in range(2):
        assert main(["evidence", "flooding", "--seeds", "2", *outputs.split()]) == DONE
    assert [tricks_in(name) for name in names] == [["flooding", "label_smoothing"]] * 2
    for name, kind, rows in zip(names, recorded.TABLES, before, strict=True):
        after = [row for row in recorded.read_table(Path(name), kind) if row["trick"] == "label_smoothing"]
        assert [{column: row[column] for column in rows[0]} for row in after] == rows
    assert len(recorded.read_table(Path(names[0]))) == 2 * 3 + 2 * 2


@pytest.mark.usefixtures("quick")
def test_what_another_call_writes_meanwhile_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = ["--seeds", "2", "--json", "r.json", "--csv", "s.csv", "--summary", "t.csv"]
    during(monkeypatch, 1, lambda: main(["evidence", "label_smoothing", *outputs]))
    assert main(["evidence", "flooding", *outputs]) == DONE
    both = ["flooding", "label_smoothing"]
    found = recorded.read_results(Path("r.json"))["studies"]
    assert [study["spec"]["trick"] for study in found] == tricks_in("s.csv") == tricks_in("t.csv") == both


@pytest.mark.usefixtures("quick")
def test_a_file_that_becomes_something_else_meanwhile_is_left_and_the_others_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    during(monkeypatch, 1, lambda: Path("r.json").write_text("mine", "utf-8"))
    assert main(["evidence", "flooding", "--seeds", "2", "--json", "r.json", "--csv", "s.csv"]) == FAILED
    assert "r.json, line 1: Expecting value" in capsys.readouterr().err
    assert Path("r.json").read_text("utf-8") == "mine" and tricks_in("s.csv") == ["flooding"]


@pytest.mark.usefixtures("quick")
def test_each_trick_is_told_once_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "flooding", "label_smoothing", "--seeds", "2", "--csv", "-"]) == DONE
    assert capsys.readouterr().out.count("flooding-spirals") == 4


@pytest.mark.usefixtures("quick")
def test_what_is_printed_of_several_tricks_is_one_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["evidence", "flooding", "label_smoothing", "--seeds", "2"]
    assert main([*call, "--csv", "-"]) == DONE
    assert len(recorded.parse_rows(capsys.readouterr().out)) == 8
    assert main([*call, "--json", "-"]) == DONE
    found = recorded.parse_results(capsys.readouterr().out, "standard output")["studies"]
    assert [study["spec"]["trick"] for study in found] == ["flooding", "label_smoothing"]
    during(monkeypatch, 1, lambda: fail(KeyboardInterrupt()))
    assert main([*call, "--csv", "-"]) == FAILED
    assert len(recorded.parse_rows(capsys.readouterr().out)) == 2


@pytest.mark.usefixtures("quick")
def test_a_table_that_a_spreadsheet_wrote_is_added_to() -> None:
    assert main(["evidence", "label_smoothing", "--seeds", "2", "--csv", "s.csv"]) == DONE
    Path("s.csv").write_bytes(b"\xef\xbb\xbf" + Path("s.csv").read_bytes())
    assert main(["evidence", "flooding", "--seeds", "2", "--csv", "s.csv"]) == DONE
    assert tricks_in("s.csv") == ["flooding", "label_smoothing"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", ["s.csv", "s.parquet"])
def test_a_table_with_text_among_its_numbers_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "label_smoothing", "--seeds", "2", "--csv", name]) == DONE
    frame = pd.read_parquet(name) if name.endswith(".parquet") else pd.read_csv(name)
    frame["test_loss"] = "0,2"
    frame.to_parquet(name) if name.endswith(".parquet") else frame.to_csv(name, index=False)
    before = Path(name).read_bytes()
    assert main(["evidence", "flooding", "--seeds", "2", "--csv", name]) == WRONG_USAGE
    assert f"{name} must be a table of seeds, as `evidence` writes it: test_loss must be numbers, got '0,2'" in (
        capsys.readouterr().err
    )
    assert Path(name).read_bytes() == before


@pytest.mark.usefixtures("quick")
def test_a_pipe_gets_one_file_and_other_files_are_written_once(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe")
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(Path("pipe").read_text("utf-8")), daemon=True)
    reader.start()
    call = ["evidence", "flooding", "label_smoothing", "--seeds", "2", "--csv", "pipe", "--json", "/dev/full"]
    assert main(call) == FAILED
    reader.join(WAIT_S)
    assert len(recorded.parse_rows(got[0])) == 8 and capsys.readouterr().err.count("/dev/full could not be") == 1


@pytest.mark.usefixtures("quick")
def test_a_results_file_whose_trick_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "flooding", "--seeds", "2", "--json", "r.json"]) == DONE
    told = json.loads(Path("r.json").read_text("utf-8"))
    told["studies"][0]["spec"]["trick"] = []
    Path("r.json").write_text(json.dumps(told), "utf-8")
    assert main(["evidence", "dropout", "--seeds", "2", "--json", "r.json"]) == WRONG_USAGE
    assert "r.json: studies[0] must be a study" in capsys.readouterr().err


@pytest.mark.parametrize(
    "call", ["evidence flooding --record", "evidence --self-check --record", "statements flooding --all"]
)
def test_where_nothing_can_be_recorded_nothing_is_trained(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    declared = declarations.FOLDER / "flooding.toml"
    (tmp_path / "flooding.toml").write_bytes(declared.read_bytes())
    (tmp_path / "taken").touch()
    monkeypatch.setattr(pools, "open_pool", lambda *_: pytest.fail("it trains"))
    monkeypatch.setattr(recorded, "FOLDER", tmp_path / "taken" / "evidence")
    monkeypatch.setattr(declarations, "FOLDER", tmp_path)
    monkeypatch.setattr(article_numbers, "place_of", lambda trick: tmp_path / "taken" / f"{trick}.csv")
    assert main(call.split()) == WRONG_USAGE
    assert (
        f"what is recorded must go to a file that may be written, got {tmp_path / 'taken'}" in capsys.readouterr().err
    )


@pytest.mark.usefixtures("quick")
def test_a_record_that_finds_no_place_costs_no_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recorded, "FOLDER", tmp_path / "evidence")
    during(monkeypatch, 1, (tmp_path / "evidence").touch)
    assert main(["evidence", "flooding", "--seeds", "2", "--record", "--csv", "s.csv"]) == FAILED
    assert tricks_in("s.csv") == ["flooding"] and "flooding.json could not be written" in capsys.readouterr().err
    (tmp_path / "evidence").unlink()
    assert main(["evidence", "flooding", "--seeds", "2", "--record"]) == DONE
    assert [path.name for path in sorted((tmp_path / "evidence" / "studies").iterdir())] == [
        "flooding.csv",
        "flooding.json",
    ]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("other", ["--json", "--summary"])
def test_what_is_printed_is_not_printed_again_where_another_output_cannot_be_written(
    other: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["evidence", "flooding", "label_smoothing", "--seeds", "2", "--csv", "-", other, "/dev/full"]
    assert main(call) == FAILED
    said, wrong = capsys.readouterr()
    assert said.count("flooding-spirals") == 4 and "/dev/full could not be written" in wrong


@pytest.mark.usefixtures("quick")
def test_a_self_check_that_cannot_be_made_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = build_spec("flooding", steps=4, values={"eval_every": 4})
    monkeypatch.setattr(self_check, "trainings", lambda: [spec])
    monkeypatch.setattr(replicates, "train", lambda *_, **__: iter([(0, replicates.SeedResult(7, error="lost"))]))
    assert main(["evidence", "--self-check", "--json", "r.json"]) == FAILED
    assert capsys.readouterr().out == "self-check: seed 7 could not be run: lost\n" and not Path("r.json").exists()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("content", [b"a,b\r\n1,2\r\n", b"\xff", b"PAR1PAR1"])
@pytest.mark.parametrize("option", ["--csv", "--summary"])
@pytest.mark.parametrize("name", ["old.csv", "old.parquet"])
def test_another_file_is_not_written_over(
    option: str, name: str, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(name).write_bytes(content)
    assert main(["evidence", "flooding", option, name]) == WRONG_USAGE
    assert f"{name} must be " in capsys.readouterr().err and Path(name).read_bytes() == content


# What ends before its last run


def fail(error: BaseException) -> None:
    raise error


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("error", "why"),
    [(KeyboardInterrupt(), "interrupted before its end"), (ConnectionError("gone"), "ConnectionError: gone")],
)
def test_the_seeds_that_are_finished_are_written(
    error: BaseException, why: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recorded, "FOLDER", tmp_path / "evidence")
    during(monkeypatch, 3, lambda: fail(error))
    outputs = ["--json", "r.json", "--csv", "s.csv", "--summary", "t.csv"]
    assert main(["evidence", "flooding", "label_smoothing", "--seeds", "5", "--record", *outputs]) == FAILED
    (study,) = recorded.read_results(Path("r.json"))["studies"]
    assert study["missing"] == [3, 4] and study["arms"]["baseline"]["test_loss"]["n"] == 3
    rows = recorded.read_table(Path("s.csv"))
    assert [row["seed"] for row in rows] == [0, 0, 1, 1, 2, 2] and tricks_in("t.csv") == ["flooding"]
    assert recorded.recompute({"studies": [study]}, rows) == {"studies": [study]}
    said = capsys.readouterr().out
    assert "flooding: 3 of 5 runs in " in said and " s, written\n" in said and said.endswith(f"\n{why}\n")
    assert "could not be run" not in said and not recorded.recorded_files()


@pytest.mark.usefixtures("quick")
def test_what_ends_before_its_first_run_is_finished_leaves_the_files_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["evidence", "flooding", "--seeds", "2", "--json", "r.json", "--csv", "s.csv"]
    for held in (None, DONE):
        if held is not None:
            assert main(call) == held
        before = {path: path.read_bytes() for path in Path().iterdir()}
        during(monkeypatch, 0, lambda: fail(KeyboardInterrupt()))
        assert main(call) == FAILED
        assert {path: path.read_bytes() for path in Path().iterdir()} == before
        assert re.search(r"flooding: 0 of 2 runs in \d+ s\ninterrupted before its end\n", capsys.readouterr().out)


@pytest.mark.usefixtures("quick")
def test_what_is_finished_but_finds_no_room_is_not_said_to_be_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    during(monkeypatch, 1, lambda: fail(KeyboardInterrupt()))
    assert main(["evidence", "flooding", "--seeds", "2", "--json", "/dev/full"]) == FAILED
    said, wrong = capsys.readouterr()
    assert re.search(r": 1 of 2 runs in \d+ s\n", said) and "/dev/full could not be written" in wrong
