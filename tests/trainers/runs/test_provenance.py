"""Where figures come from: what every file says of it, and what a replay makes of that."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import pytest
import torch

from tests.trainers.store import made
from tests.trainers.store.made import as_json
from trainers.__main__ import main
from trainers.kinds.run import Run
from trainers.runs import provenance
from trainers.runs.build import build_spec
from trainers.runs.export import run_id_of
from trainers.runs.provenance import DETERMINING, code_hash, differences, made_here

RUN = ["run", "flooding", "--task", "spirals", "--steps", "3", "--knob", "width=8"]


def test_the_hash_of_the_code_is_that_of_every_module_that_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {"tricks/a.py": "A = 1\n", "trainers/tasks/b.py": "B = 2\n", "pages/c.py": "C = 3\n"}
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    first = code_hash()
    (tmp_path / "pages/c.py").write_text("C = 4\n")
    (tmp_path / "tricks/a.py").write_bytes(b"A = 1\r\n")  # a checkout with other line ends
    assert code_hash() == first
    (tmp_path / "trainers/tasks/b.py").write_text("B = 4\n")
    changed = code_hash()
    (tmp_path / "trainers/tasks/b.py").rename(tmp_path / "trainers/b.py")
    assert len({first, changed, code_hash()}) == 3


def test_a_saved_run_says_where_it_was_made_and_is_named_by_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    history = Run(build_spec("flooding", task="spirals", steps=3)).new_history()
    told = json.loads(as_json(history))["provenance"]
    assert told == made_here() and told["torch"] == torch.__version__ and told["code"] == code_hash()
    assert {"version", "code", "commit", "processor", "torch", "python", "date"} <= set(told)
    name = run_id_of(history)
    monkeypatch.setattr(made, "made_here", lambda _: {"version": "another"})
    assert json.loads(as_json(history))["provenance"]["version"] == "another" and run_id_of(history) == name


@pytest.mark.parametrize(
    ("told", "called"),
    [
        ("model name : A\ncpu family : 25\nmodel : 1\nflags : fpu avx avx2 sha_ni\n", "A (family 25 model 1, AVX2)"),
        ("model name : A\ncpu family : 25\nmodel : 17\nflags : avx2 avx512f\n", "A (family 25 model 17, AVX-512)"),
        ("model name : A\ncpu family : 6\nmodel : 42\nflags : avx\n", "A (family 6 model 42)"),
        ("model name : B\nflags : avx2\n", "B (AVX2)"),
        ("BogoMIPS : 50\nFeatures : asimd\n", "C"),
    ],
)
def test_a_processor_is_told_by_name_generation_and_vectors(
    told: str, called: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Virtual machines call several generations by one name, and a run does not come out the same on all of them."""
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: told)
    monkeypatch.setattr(platform, "processor", lambda: "C")
    assert provenance.processor.__wrapped__() == called


def test_what_decides_the_last_digits_is_compared() -> None:
    here = made_here()
    assert differences(here) == [] == differences(None) == differences({"date": "1999-01-01"})
    for name in DETERMINING:
        assert differences({**here, name: "other"}) == [f"{name} other, here {here[name]}"]


def test_a_replay_says_when_its_run_was_made_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = tmp_path / "run.json"
    assert main([*RUN, "--json", str(saved)]) == 0
    capsys.readouterr()
    data = json.loads(saved.read_text())
    cases = {"was made elsewhere (torch 1.0": {**data, "provenance": {"torch": "1.0"}}, "": data}
    del (old := dict(data))["provenance"]  # files of earlier versions have none
    for says, content in [*cases.items(), ("", old)]:
        saved.write_text(json.dumps(content))
        assert main(["replay", str(saved)]) == 0
        told = capsys.readouterr().err
        assert says in told and ("elsewhere" in told) == bool(says)
