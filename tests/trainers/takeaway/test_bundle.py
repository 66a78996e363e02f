"""Evidence bundles: what is in them, that they come out again, and that nothing else is taken for one."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.limits import WAIT_S
from trainers.__main__ import DONE, FAILED, WRONG_USAGE, main
from trainers.kinds.run import Run, empty_history
from trainers.runs.build import build_spec
from trainers.runs.export import csv_text
from trainers.store.archive import (
    BESIDE,
    CITATION,
    FIGURES,
    MANIFEST,
    MAX_UNPACKED,
    METHODS,
    PROBES,
    README,
    ROWS,
    RUN,
    SCRIPT,
    read_archive,
)
from trainers.takeaway.bundle import agreements, citation, methods
from tricks import catalogue
from tricks.declaration import RefusedError

Capture = pytest.CaptureFixture[str]
TRAINED = ["run", "flooding", "--task", "spirals", "--steps", "12", "--knob", "width=8", "--turn", "4:flood_level=0.4"]


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bundle of a short run with a turn, which is the same each time."""
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRICK_LAB_STORE", "on")
        patch.setenv("TRICK_LAB_DATA", str(folder / "data"))
        assert main(TRAINED) == DONE
        files = folder / "a.zip", folder / "b.zip"
        for file in files:
            assert main(["runs", "export", "last", "--bundle", str(file)]) == DONE
    assert files[0].read_bytes() == files[1].read_bytes()
    return files[0].read_bytes()


@pytest.fixture
def bundle(content: bytes, tmp_path: Path) -> Path:
    """The same as a file."""
    file = tmp_path / "evidence.zip"
    file.write_bytes(content)
    return file


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty one, in which runs are kept."""
    monkeypatch.setenv("TRICK_LAB_STORE", "on")
    monkeypatch.setenv("TRICK_LAB_DATA", str(tmp_path / "data"))


def files_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def zipped(files: dict[str, bytes], *, signed: bool = False) -> bytes:
    """Files as a bundle; `signed`: with the hashes that they have."""
    if signed:
        manifest = json.loads(files[MANIFEST])
        manifest["files"] = {
            name: {"size": len(content), "sha256": sha256(content).hexdigest()}
            for name, content in files.items()
            if name != MANIFEST
        }
        files = {**files, MANIFEST: json.dumps(manifest).encode()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return buffer.getvalue()


def test_a_bundle_holds_its_files_and_comes_out_again(bundle: Path, capsys: Capture) -> None:
    files = files_of(bundle.read_bytes())
    assert set(files) == {MANIFEST, RUN, ROWS, PROBES, *BESIDE}
    history = read_archive(bundle.read_bytes()).now.history
    assert files[ROWS].decode() == csv_text(history, json.loads(files[MANIFEST])["run"]["id"])
    readme = files[README].decode()
    for name in (*csv_text(history, "").split("\r\n")[0].split(","), *FIGURES, RUN):
        assert f"- `{name}`: " in readme
    assert b"@misc{flooding,\n  author = {Ishida and Yamane and Sakai and Niu and Sugiyama}" in files[CITATION]
    assert b"\\cite{flooding}" in files[METHODS] and b"12 steps" in files[METHODS]
    capsys.readouterr()
    assert main(["verify", str(bundle)]) == DONE
    told = capsys.readouterr().out.splitlines()
    assert told[0].endswith("every file is as it was written")
    assert told[-1].startswith("all ") and told[-1].endswith("of 12 steps are equal to the last bit")
    assert not any("elapsed_s" in line for line in told)


@pytest.mark.usefixtures("library")
def test_a_bundle_is_imported_as_any_archive(bundle: Path, capsys: Capture) -> None:
    recorded = read_archive(bundle.read_bytes())
    assert main(["runs", "import", str(bundle)]) == DONE
    assert main(["runs", "export", "last", "--csv", "-"]) == DONE
    told = capsys.readouterr().out
    assert told.splitlines() == csv_text(recorded.now.history, recorded.public_id).splitlines()


@pytest.mark.usefixtures("library")
def test_what_has_no_script_says_so_and_comes_out_again(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "regression.zip"
    assert main(["run", "weight_penalty", "--task", "sparse_regression", "--steps", "3"]) == DONE
    assert main(["runs", "export", "last", "--bundle", str(file)]) == DONE
    files = files_of(file.read_bytes())
    assert SCRIPT not in files and b"It has no script: " in files[README]
    assert b"- `test_loss`: test loss; mean squared error on the test set" in files[README]
    assert main(["verify", str(file)]) == DONE
    assert "equal to the last bit" in capsys.readouterr().out


def test_the_sign_of_nothing_counts_and_which_nan_it_is_does_not() -> None:
    history = empty_history(build_spec("flooding", task="spirals", steps=2))
    history.append(Run(history.spec).advance(WAIT_S))
    again = deepcopy(history)
    for one, value in ((history, 0.0), (again, -0.0)):
        one.row(0, "train_loss")[:] = value, np.nan
    told = {(one.arm, one.column): one.worst for one in agreements(history, again)}
    assert 0 < told["baseline", "train_loss"] < 1e-300
    again.row(0, "train_loss")[0] = 0.0
    assert not any(one.worst for one in agreements(history, again))


def test_other_numbers_are_told_by_column(bundle: Path, content: bytes, capsys: Capture) -> None:
    files = files_of(content)
    *lines, last = files[ROWS].decode().splitlines(keepends=True)
    place, cells = lines[0].split(",").index("train_loss"), last.split(",")
    for factor, says in ((1 + 1e-9, "within 1.0e-09 of its size"), (2.0, "within 5.0e-01 of its size")):
        cell = repr(float(cells[place]) * factor)
        rows = "".join([*lines, ",".join([*cells[:place], cell, *cells[place + 1 :]])])
        bundle.write_bytes(zipped({**files, ROWS: rows.encode()}, signed=True))
        assert main(["verify", str(bundle)]) == FAILED
        told = capsys.readouterr()
        (line,) = (line for line in told.out.splitlines() if says in line)
        assert line.split()[:2] == ["flooding", "train_loss"]
        assert "1 of " in told.err and "came out otherwise" in told.err


def edited(name: str, old: bytes, new: bytes) -> Callable[[dict[str, bytes]], bytes]:
    def edit(files: dict[str, bytes]) -> bytes:
        assert old in files[name]
        return zipped({**files, name: files[name].replace(old, new, 1)})

    return edit


def told_otherwise(name: str, **values: Any) -> Callable[[dict[str, bytes]], bytes]:
    """A JSON with other values in it, and the hash of that."""
    return lambda files: zipped(
        {**files, name: json.dumps({**json.loads(files[name]), **values}).encode()}, signed=name != MANIFEST
    )


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda files: zipped(files)[:-30], "was it cut short"),
        (lambda files: b"PK\x03\x04", "damaged"),
        (lambda files: b"", "must be a bundle of a run, as `runs export --bundle` writes it"),
        (edited(ROWS, b"baseline", b"Baseline"), "run.csv is not as the archive was written"),
        (edited(FIGURES[0], b"<svg", b"<gvs"), "race.svg is not as the archive was written"),
        (edited(MANIFEST, b"trick-lab run", b"trick-lab walk"), "must be of the format"),
        (
            lambda files: zipped({name: content for name, content in files.items() if name != SCRIPT}),
            "script.py is gone",
        ),
        (lambda files: zipped({**files, "../out": b""}), "and nothing else"),
        (lambda files: zipped({**files, "/etc/x": b""}), "and nothing else"),
        (lambda files: zipped({**files, **{f"{n}": b"" for n in range(20)}}), "at most 16 entries"),
        (lambda files: zipped({**files, README: bytes(MAX_UNPACKED + 1)}), "MiB unpacked"),
        (lambda files: zipped({name: content for name, content in files.items() if name != RUN}), "must hold"),
        (lambda files: zipped({**files, MANIFEST: b"[" * 60_000}), "manifest.json"),
        (told_otherwise(MANIFEST, files=7), "files must be an object, got 7"),
        (told_otherwise(MANIFEST, run=[]), "run must be an object"),
        (told_otherwise(RUN, spec=[1]), "spec must be"),
        (told_otherwise(RUN, events=[{"step": 10**30, "name": "lr", "value": 1, "arm": None}]), "between 1 and 12"),
    ],
)
def test_what_is_no_bundle_is_refused_in_a_sentence(
    bundle: Path, content: bytes, capsys: Capture, spoil: Callable[[dict[str, bytes]], bytes], says: str
) -> None:
    bundle.write_bytes(spoil(files_of(content)))
    assert main(["verify", str(bundle)]) == WRONG_USAGE
    told = capsys.readouterr()
    assert says in told.err and told.err.count("\n") == 1 and not told.out


@given(st.data())
@examples(max_examples=40)
def test_a_bundle_with_any_bytes_changed_is_refused_or_is_the_run(content: bytes, data: st.DataObject) -> None:
    spoiled = bytearray(content)
    at = data.draw(st.integers(0, len(spoiled) - 1))
    spoiled[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=6))
    with suppress(RefusedError):
        assert read_archive(bytes(spoiled)).now.history.step == 12


def test_a_file_that_is_not_there_is_refused(tmp_path: Path, capsys: Capture) -> None:
    assert main(["verify", str(tmp_path / "none.zip")]) == WRONG_USAGE
    assert "none.zip cannot be read: No such file" in capsys.readouterr().err


def test_every_paper_of_a_runs_tricks_is_cited_by_a_key_of_its_own() -> None:
    for trick in catalogue.NAMES:
        papers = catalogue.load(trick).papers
        history = empty_history(build_spec(trick))
        told = citation(history)
        keys = re.findall(r"^@misc{(\w+),$", told, re.MULTILINE)
        assert len(set(keys)) == len(keys) == len(papers)
        assert all(paper.url in told and f"{{{{{paper.title}}}}}" in told for paper in papers)
        made = {"version": "0.1.0", "code": "c", "torch": "t", "processor": "p"}
        assert (f"\\cite{{{','.join(keys)}}}" in methods(history, made)) == bool(keys)
