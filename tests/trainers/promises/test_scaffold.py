"""A new trick's files, written into a copy of the checkout: they pass as they are, and a refusal leaves nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_layout import ROOT, tracked
from trainers.promises import scaffold
from trainers.promises.scaffold import CATALOGUE, create, paths_of
from tricks import catalogue
from tricks.declaration import RefusedError

OF_EACH = (
    "tests/tricks/test_catalogue.py", "tests/pages/test_text.py", "tests/pages/test_pages.py",
    "tests/pages/test_statements.py", "tests/trainers/kinds/test_run.py", "tests/trainers/kinds/test_looking.py",
    "tests/trainers/kinds/test_same_start.py", "tests/trainers/evidence", "tests/trainers/runs",
)  # fmt: skip
"""Tests that ask something of each trick by its name."""

LONG_OF_EACH = ("tests/trainers/kinds/test_counts.py",)
"""Tests that do so, and take long."""

OF_ALL = ("tests/test_layout.py", "tests/test_declared.py", "tests/trainers/evidence/test_claims.py")
"""Tests that ask something of all tricks together."""


def copy_of_checkout(folder: Path) -> Path:
    """The repository's files as they stand, with a history of their own; what is large and recorded is linked."""
    for name in tracked():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if name.startswith(("assets/evidence/", "tests/trainers/runs/histories/")):
            place.symlink_to(ROOT / name)
        else:
            shutil.copyfile(ROOT / name, place)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Python in a copy, with the copy's own modules and the data that are here already."""
    cache = os.environ["TRICK_LAB_CACHE"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "TRICK_LAB_CACHE": cache, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_checkout(tmp_path_factory.mktemp("checkout"))


def test_a_copy_passes_all_checks_and_its_own_test(checkout: Path) -> None:
    made = python(checkout, "-m", "trainers", "new", "my_own", "--like", "skip_connection", "--title", "My own trick")
    assert made.returncode == 0, made.stderr
    for path in paths_of("my_own"):
        assert (checkout / path).is_file() and path.as_posix() in made.stdout
    names = re.findall(r'^    "(\w+)",', (checkout / CATALOGUE).read_text(encoding="utf-8"), re.MULTILINE)
    assert names.index("my_own") == names.index("skip_connection") + 1 and len(names) == len(catalogue.NAMES) + 1
    checked = python(checkout, "-m", "trainers", "check", "my_own")
    assert checked.returncode == 0 and "✗" not in checked.stdout and "✓ page" in checked.stdout, checked.stdout
    passed = python(checkout, "-m", "pytest", "-q", "tests/tricks/test_my_own.py")
    assert passed.returncode == 0, passed.stdout
    again = python(checkout, "-m", "trainers", "new", "my_own", "--like", "dropout")
    assert (again.returncode, "my_own is a trick already" in again.stderr) == (2, True)


@pytest.mark.long
@pytest.mark.parametrize("like", ["focal_loss", "cyclic_lr", "normalization", "wasserstein_gan", "anchors"])
def test_a_copy_of_any_kind_passes_all_that_is_asked_of_every_trick(like: str, tmp_path: Path) -> None:
    folder = copy_of_checkout(tmp_path)
    made = python(folder, "-m", "trainers", "new", "my_own", "--like", like)
    assert made.returncode == 0, made.stderr
    checked = python(folder, "-m", "trainers", "check", "my_own")
    assert checked.returncode == 0 and "✗" not in checked.stdout, checked.stdout
    named = ("-k", "my_own")
    for asked in ((*named, "tests/tricks/test_my_own.py", *OF_EACH), (*named, "--long", *LONG_OF_EACH), OF_ALL):
        passed = python(folder, "-m", "pytest", "-q", *asked)
        assert passed.returncode == 0, passed.stdout
    linted = python(folder, "-m", "ruff", "check", *map(str, paths_of("my_own")[::3]), "pages/my_own.py")
    assert linted.returncode == 0, linted.stdout


def small_checkout(folder: Path, like: str) -> Path:
    """As much of a checkout as is written into."""
    for path in (*paths_of(like), CATALOGUE):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / path)
    return folder


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("like", catalogue.NAMES)
def test_every_trick_can_be_started_from(like: str, tmp_path: Path) -> None:
    folder = small_checkout(tmp_path, like)
    before = files_in(folder)
    made = create("a_new_one", like, root=folder)
    after = files_in(folder)
    assert {path.as_posix() for path in made} == after.keys() - before.keys() | {CATALOGUE.as_posix()}
    module, page, words, _ = (after[path.as_posix()].decode() for path in paths_of("a_new_one"))
    for knob in catalogue.load(like).knobs:
        assert knob.name == like or f'"{knob.name}"' not in module + page
        assert f"`knob.{knob.name}`" not in words
    assert 'Claim("untested"),' in module and "in_article" not in module
    assert ("related=" in module) is (f'related=("{like}",)' in module)
    assert "{" not in words.split("## snippet")[0]


@pytest.mark.parametrize(
    ("name", "like", "says"),
    [
        ("My", "dropout", "name must be 2 to 40 small letters, digits and _, the first a letter, got 'My'"),
        ("1st", "dropout", "got '1st'"),
        ("a-b", "dropout", "got 'a-b'"),
        ("../x", "dropout", "got '../x'"),
        ("class", "dropout", "name must not be a word of Python itself, got class"),
        ("x" * 41, "dropout", "name must be 2 to 40"),
        ("flooding", "dropout", "flooding is a trick already"),
        ("catalogue", "dropout", "tricks/catalogue.py is there already"),
        ("gamma", "dropout", "gamma is a knob of a trick already"),
        ("media", "dropout", "name must not be an address of the app itself, got media"),
        ("baseline", "dropout", "baseline means something in"),
        ("a_new_one", "droput", r"trick must be one of the catalogue (nearest: dropout"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_written(name: str, like: str, says: str, tmp_path: Path) -> None:
    folder = small_checkout(tmp_path, "dropout")
    for path in (ROOT / "trainers" / "runs").glob("*.py"):
        (folder / "trainers" / "runs").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / "trainers" / "runs" / path.name)
    before = files_in(folder)
    with pytest.raises(RefusedError) as error:
        create(name, like, root=folder)
    assert says in str(error.value)
    assert files_in(folder) == before


@pytest.mark.parametrize("gone", ["tests", "assets/text/en", "pages"])
def test_a_folder_that_is_no_checkout_is_refused(gone: str, tmp_path: Path) -> None:
    folder = small_checkout(tmp_path, "dropout")
    shutil.rmtree(folder / gone)
    with pytest.raises(RefusedError, match="new must be called in a checkout of the project that can be written to"):
        create("a_new_one", "dropout", root=folder)
    assert not list(folder.rglob("*a_new_one*"))


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = small_checkout(tmp_path, "dropout")
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "tricks")
    with pytest.raises(RefusedError, match=r"tricks cannot be written to"):
        create("a_new_one", "dropout", root=folder)


@pytest.mark.parametrize("full", ["test_a_new_one.py", "catalogue.py.new"])
def test_what_cannot_be_written_whole_is_not_written(
    full: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = small_checkout(tmp_path, "dropout")
    before, usual = files_in(folder), Path.open

    def no_room(path: Path, *given: str, **named: str) -> object:
        if path.name == full:
            raise OSError(28, "No space left on device", str(path))
        return usual(path, *given, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(scaffold, "formatted", str)
    monkeypatch.setattr(Path, "open", no_room)
    with pytest.raises(OSError, match="No space left"):
        create("a_new_one", "dropout", root=folder)
    monkeypatch.undo()
    assert files_in(folder) == before


@pytest.mark.long
def test_what_is_missing_is_said_where_it_belongs(checkout: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(checkout, tmp_path / "copy", symlinks=True)
    made = python(folder, "-m", "trainers", "new", "half_done", "--like", "label_smoothing")
    assert made.returncode == 0, made.stderr
    module, page, words, test = (folder / path for path in paths_of("half_done"))
    words.write_text(re.sub(r"^## misread\n(.*\n)*?(?=## )", "", words.read_text(encoding="utf-8"), flags=re.MULTILINE))
    module.write_text(
        module.read_text(encoding="utf-8").replace('Claim("untested")', 'Claim("u", "test_loss", "lower")')
    )
    page.unlink()
    test.unlink()
    checked = python(folder, "-m", "trainers", "check", "half_done")
    assert checked.returncode == 1
    missing = [line for line in checked.stdout.splitlines() if "✗" in line]
    assert missing[:3] == [
        "  ✗ text: assets/text/en/half_done.md: ## misread is missing or empty",
        "  ✗ page: pages/half_done.py is missing",
        "  ✗ test: tests/tricks/test_half_done.py is missing",
    ]
    assert missing[3].startswith("  ✗ evidence: assets/evidence/studies: the study half_done-digits is not recorded")
