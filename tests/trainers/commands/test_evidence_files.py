"""What `evidence` and `statements` are given that cannot be used, and what becomes of the files that they write."""

from __future__ import annotations

from pathlib import Path

import dask
import pytest

from trainers.__main__ import FAILED, WRONG_USAGE, main
from trainers.evidence import pool as pools

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
