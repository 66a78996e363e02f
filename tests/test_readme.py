"""What the README says is so: its commands run, its files, columns and settings exist."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pages.lab.viewer import Viewer
from tests.limits import WAIT_S
from trainers.__main__ import build_parser, main
from trainers.commands import readme
from trainers.commands.options import UsageError
from trainers.wire.protocol import TO_SERVER
from tricks import catalogue
from tricks.recipe import GanRecipe, PictureRecipe, Recipe

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CHANGELOG.md")


def section(title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE)
    assert found is not None, f"the README has no section {title!r}"
    return found[1]


def shell_lines(text: str = README) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line]


def first_cells(text: str) -> list[str]:
    """The first cell of each row of a section's table, the header's left out."""
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]
    return rows[2:]


def kept_in(folder: Path) -> dict[str, str]:
    """The variables with which what is trained is kept there."""
    return {"TRICK_LAB_STORE": "on", "TRICK_LAB_DATA": str(folder / "data")}


def trainers(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a `python -m trainers` line as printed, in `folder`, where it also keeps what it trains."""
    command = [sys.executable, *shlex.split(line)[1:]]
    environment = {**os.environ, **kept_in(folder), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=WAIT_S
    )


def test_the_readme_leads_with_the_two_commands() -> None:
    assert shell_lines()[:2] == ["make run", "make test"]


def test_the_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = re.findall(r"^make ([\w-]+)|`make ([\w-]+)", README, re.MULTILINE)
    assert named
    for target in map("".join, named):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target} does not exist"


COMMANDS = (
    "list",
    "run",
    "replay",
    "runs",
    "verify",
    "extend",
    "combine",
    "sweep",
    "evidence",
    "lesson",
    "rooms",
    "new",
    "check",
)
NOT_RUN = ("bench", "worker", "doctor")  # it takes minutes, or a cluster
NOT_HERE = ("--record", "my_trick", "resume", "rooms export", "rooms delete")  # it would write in here, or needs
# a run that was interrupted, or a room


def test_the_command_lines_run_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in kept_in(tmp_path).items():
        monkeypatch.setenv(name, value)
    lines = [line for line in shell_lines() if line.startswith("python -m trainers")]
    commands = {line.split()[3] for line in lines}
    assert commands == {*COMMANDS, *NOT_RUN}
    for line in lines:
        if line.split()[3] in NOT_RUN or any(word in line for word in NOT_HERE):
            build_parser().parse_args(shlex.split(line, comments=True)[3:])
            continue
        assert main(shlex.split(line, comments=True)[3:]) == 0, f"{line}: {capsys.readouterr().err}"
    first, again = ((tmp_path / name).read_text(encoding="utf-8") for name in ("flooding.csv", "again.csv"))
    assert len(again.splitlines()) == len(first.splitlines()) == 1001
    capsys.readouterr()
    assert main(["runs", "list", "--limit", "100"]) == 0
    assert json.loads(capsys.readouterr().out)["total"] == 11, "two, three seeds, three more, and three made of these"


def test_a_wrong_command_is_seen(tmp_path: Path) -> None:
    assert trainers("python -m trainers run floding", tmp_path).returncode == 2


def test_the_columns_are_those_of_the_export(tmp_path: Path) -> None:
    done = trainers("python -m trainers run flooding --steps 2 --csv -", tmp_path)
    assert done.returncode == 0, done.stderr
    header = done.stdout.splitlines()[0].split(",")
    named = [name for cell in first_cells(section("The CSV")) for name in re.findall(r"`([^`]+)`", cell)]
    *plain, last = named
    assert last == "test_…"
    assert header[: len(plain)] == plain
    rest = header[len(plain) :]
    knobs = [knob.name for knob in catalogue.load("flooding").knobs]
    assert rest[-len(knobs) :] == knobs
    assert all(name.startswith("test_") for name in rest[: -len(knobs)])


def test_the_tricks_are_of_the_catalogue_and_in_its_order() -> None:
    names = re.findall(r"^\| [^|]+ \| `(\w+)` \|", section("The tricks"), re.MULTILINE)
    assert names == list(catalogue.NAMES)


def test_the_tables_are_what_the_command_writes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = {part.document: (ROOT / part.document).read_text(encoding="utf-8") for part in readme.PARTS}
    for name, text in documents.items():
        assert readme.written(name, text) == text, "python -m trainers readme"
    stale = {name: text.replace("| Flooding |", "| Floods |") for name, text in documents.items()}
    stale = {name: text.replace("`ack`", "`back`").replace("`gone`", "`went`") for name, text in stale.items()}
    monkeypatch.setattr(readme, "ROOT", tmp_path)
    for texts, said in ((stale, "is written anew"), (documents, "was so already")):
        for name, text in texts.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        assert main(["readme"]) == 0
        assert capsys.readouterr().out == "".join(f"{name} {said}\n" for name in documents)
        for name, text in documents.items():
            assert (tmp_path / name).read_text(encoding="utf-8") == text


def test_a_row_says_what_the_trick_declares() -> None:
    row = "| Flooding | `flooding` | flood level (b) | Two spirals, Handwritten digits, MNIST-1D |"
    assert row in readme.table_of_tricks().splitlines()
    for trick, row in zip(catalogue.every(), readme.table_of_tricks().splitlines()[4:], strict=True):
        knobs, tasks = row.split(" | ")[2:]
        assert len(knobs.split(", ")) == len(trick.knobs) and len(tasks.split(", ")) >= len(trick.setups)
        assert "_" not in knobs, "a knob has no words"


@pytest.mark.parametrize(("document", "lost"), [(part.document, mark) for part in readme.PARTS for mark in part.marks])
def test_a_document_without_its_marks_is_refused(document: str, lost: str) -> None:
    whole = (ROOT / document).read_text(encoding="utf-8")
    for text in (whole.replace(lost, ""), whole + f"\n{lost}\n"):
        with pytest.raises(UsageError, match="once each"):
            readme.written(document, text)


def test_no_other_text_counts_the_tricks() -> None:
    begin, end = readme.PARTS[0].marks
    before, rest = README.split(begin)
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in DOCUMENTS[1:]}
    texts |= {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "assets" / "text").rglob("*.*")}
    texts["README.md"] = before + rest.split(end)[1]
    many = r"\d\d+|eleven|twelve|\w+teen|(?:twen|thir|for|fif)ty[\w-]*"
    counted = re.compile(rf"\b(?:{many})\s+(?:\w+\s+)?tricks\b", re.IGNORECASE)
    assert counted.search("- Twenty-six tricks, each") and counted.search("its 26 tricks")
    assert not {name: found[0] for name, text in texts.items() if (found := counted.search(text))}


def test_the_variables_are_those_the_code_reads() -> None:
    code = {*ROOT.glob("*.py")}.union(*(ROOT.glob(f"{room}/**/*.py") for room in ("tricks", "trainers", "pages")))
    read = {name for path in code for name in re.findall(r"TRICK_LAB_\w+", path.read_text(encoding="utf-8"))}
    assert {cell.strip("`") for cell in first_cells(section("Settings of the machine"))} == read


def test_the_files_of_a_trick_exist() -> None:
    named = re.findall(r"^- `([^`]+)`", section("Your own trick"), re.MULTILINE)
    assert named
    for name in named:
        for trick in catalogue.NAMES:
            assert (ROOT / name.replace("<name>", trick)).is_file(), name


def test_the_messages_of_the_socket_are_those_it_takes() -> None:
    assert {*TO_SERVER} == {name.removeprefix("_on_") for name in vars(Viewer) if name.startswith("_on_")}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_and_named_files_exist(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    targets += re.findall(r"`((?:tricks|trainers|pages|tests|assets)/[\w/.]+\.\w+)`", text)
    for target in targets:
        assert (ROOT / target).exists(), f"{document} names {target}"


def test_the_joints_are_fields_that_the_tricks_beside_them_change() -> None:
    rows = re.findall(r"^\| [^|]+ \| (`[^|]+) \| ([^|]+) \|$", section("Your own trick"), re.MULTILINE)
    fields = {field.name for kind in (Recipe, GanRecipe, PictureRecipe) for field in dataclasses.fields(kind)}
    told: set[str] = set()
    for joints, copied in rows:
        named = set(re.findall(r"`(\w+)`", joints))
        told |= named
        assert named <= fields
        for name in re.findall(r"`(\w+)`", copied):
            assert named & {part.split(".")[0] for part in catalogue.load(name).wraps}, (
                f"{name} changes none of {named}"
            )
    joints_of_all = {field.name for field in dataclasses.fields(Recipe)}
    assert joints_of_all <= told, "a joint is not told of"
