"""The rooms: what stands where, who may import whom, and that a trick needs no change in a shared room."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import get_args

import pytest

from trainers.evidence.claims import is_tested
from tricks import catalogue
from tricks.declaration import Family

ROOT = Path(__file__).parent.parent
ROOMS = ("tricks", "trainers", "pages", "app")  # each may import itself and those before it
TRAINERS = (
    "parts",
    "tasks",
    "runs",
    "kinds",
    "evidence",
    "figures",
    "promises",
    "store",
    "takeaway",
    "teaching",
    "live",
    "wire",
    "bench",
    "commands",
)  # bottom up, like these
SHARED_TRICKS = {"recipe", "declaration", "making", "catalogue", "copies", "directions"}
SHARED_PAGES = {"main", "home", "library", "lessons", "combine", "evidence"}
DRAWING = {"streamlit", "plotly", "altair", "matplotlib", "pydeck"}
EDITORIAL = {
    "pages/home.py",
    "pages/combine.py",
    "trainers/bench/subjects.py",
    "trainers/evidence/closing.py",
}  # may name a trick: where one starts, what is measured, which of them the article adds up
MAX_PAGE_LINES = 60
MAX_TRICK_LINES = 180
LONGER_NAMES = 20  # more lines of a copy whose knobs have longer names, until something is claimed of it


@cache
def tracked() -> tuple[str, ...]:
    """The repository's files, those not yet committed too."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(sorted({name for name in listed.splitlines() if (ROOT / name).is_file()}))


def sources(room: str) -> tuple[str, ...]:
    return tuple(name for name in tracked() if name.endswith(".py") and name.split("/")[0].removesuffix(".py") == room)


@cache
def tree_of(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text(encoding="utf-8"))


def imports_of(name: str) -> set[str]:
    """The modules a file imports, anywhere in it; `from x import y` counts as both `x` and `x.y`."""
    found = set()
    for node in ast.walk(tree_of(name)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def packages_of(name: str) -> set[str]:
    return {module.split(".")[0] for module in imports_of(name)}


def stems(folder: str, pattern: str = "*.py") -> set[str]:
    return {path.stem for path in (ROOT / folder).glob(pattern)} - {"__init__"}


def docstrings(tree: ast.Module) -> Iterator[ast.Expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield first


def lines_of_code(name: str) -> int:
    """The lines that are neither blank, nor a comment, nor part of a docstring."""
    documented = {
        line for node in docstrings(tree_of(name)) for line in range(node.lineno, int(node.end_lineno or 0) + 1)
    }
    lines = enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), start=1)
    return sum(number not in documented and bool(re.match(r"\s*[^\s#]", line)) for number, line in lines)


def texts_in(name: str) -> set[str]:
    """A file's string literals, docstrings left out."""
    tree = tree_of(name)
    documented = {id(node.value) for node in docstrings(tree)}
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented
    }


def test_catalogue_modules_pages_tests_and_texts_are_the_same_tricks() -> None:
    names = set(catalogue.NAMES)
    assert stems("tricks") - SHARED_TRICKS == names
    assert stems("pages") - SHARED_PAGES == names
    assert {stem.removeprefix("test_") for stem in stems("tests/tricks", "test_*.py")} - SHARED_TRICKS == names
    for language in (ROOT / "assets" / "text").iterdir():
        assert stems(f"assets/text/{language.name}", "*.md") == names, f"not one text a trick in {language.name}"
        assert (language / "labels.json").is_file()


def test_the_catalogue_is_a_list_without_repetition_and_each_trick_has_its_name() -> None:
    assert len(set(catalogue.NAMES)) == len(catalogue.NAMES)
    assert tuple(trick.name for trick in catalogue.every()) == catalogue.NAMES


def test_importing_the_catalogue_imports_no_trick() -> None:
    code = "import sys, tricks.catalogue as c; sys.exit(any(f'tricks.{name}' in sys.modules for name in c.NAMES))"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize("room", ROOMS)
def test_imports_run_downwards_only(room: str) -> None:
    above = set(ROOMS[ROOMS.index(room) + 1 :]) | {"tests"}
    for name in sources(room):
        assert not packages_of(name) & above, f"{name} imports from a room above it"


def own_modules() -> dict[str, str]:
    """The files of the project's own modules, by module."""
    files = {name.removesuffix(".py").removesuffix("/__init__"): name for room in ROOMS for name in sources(room)}
    return {name.replace("/", "."): file for name, file in files.items()}


def imported(name: str) -> set[str]:
    """The project's own modules that a file imports."""
    return imports_of(name) & own_modules().keys() - {name.removesuffix(".py").replace("/", ".")}


def test_imports_within_the_trainers_run_downwards_only() -> None:
    assert {name.split("/")[1] for name in sources("trainers") if name.count("/") > 1} == set(TRAINERS)
    for name in (name for name in sources("trainers") if name.count("/") > 1):
        above = TRAINERS[TRAINERS.index(name.split("/")[1]) + 1 :]
        found = {module for module in imported(name) if module.startswith(tuple(f"trainers.{room}." for room in above))}
        assert not found, f"{name} imports from a room above it: {', '.join(sorted(found))}"


def circles(arrows: Mapping[str, set[str]]) -> list[set[str]]:
    """The groups of modules that come back to themselves."""
    reached = {start: set(ends) for start, ends in arrows.items()}
    for middle in arrows:
        for ends in (ends for ends in reached.values() if middle in ends):
            ends |= reached[middle]
    round_ = {name for name, ends in reached.items() if name in ends}
    return [group for name in sorted(round_) if min(group := reached[name] & round_) == name]


def test_there_is_no_circle_in_the_whole_house() -> None:
    assert circles({module: imported(name) for module, name in own_modules().items()}) == []


def test_the_rule_for_circles_sees_what_it_should() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"d"}}) == [{"b", "c"}, {"d"}]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_a_file_is_called_like_no_other() -> None:
    names = [name for name in (*sources("trainers"), *sources("pages")) if name.startswith(("trainers/", "pages/lab/"))]
    stems = Counter(Path(name).stem for name in names if not name.startswith("trainers/commands/"))  # called as typed
    twice = {stem for stem, count in stems.items() if count > 1}
    assert twice <= {"__init__"}, f"more than one file is called {', '.join(sorted(twice))}"


def test_tricks_know_torch_and_the_standard_library_only() -> None:
    allowed = {"torch", "tricks"} | sys.stdlib_module_names
    for name in sources("tricks"):
        assert packages_of(name) <= allowed, f"{name} imports {packages_of(name) - allowed}"


def test_only_pages_and_the_app_draw() -> None:
    for name in (*sources("tricks"), *sources("trainers")):
        if name.startswith("trainers/figures/"):
            assert packages_of(name) & DRAWING <= {"matplotlib"}
            continue
        assert not packages_of(name) & DRAWING, f"{name} imports {packages_of(name) & DRAWING}"


@pytest.mark.parametrize(
    ("rooms", "files"),
    [
        (ROOMS, ["requirements.txt"]),
        (("tests",), ["requirements.txt", "requirements-dev.txt", "tests/mutants/requirements.txt"]),
    ],
)
def test_what_is_imported_is_pinned(rooms: tuple[str, ...], files: list[str]) -> None:
    pinned = {line.split("==")[0] for file in files for line in (ROOT / file).read_text(encoding="utf-8").splitlines()}
    own = {*ROOMS, "tests"} | sys.stdlib_module_names
    distributions = packages_distributions()
    for path in (path for room in rooms for path in sources(room)):
        for package in packages_of(path) - own:
            names = distributions.get(package, [package])  # of what is not installed, the name it is imported by
            assert pinned & {name.replace("_", "-") for name in names}, f"{path} imports {package}, which is not pinned"


def test_a_tricks_page_and_module_stay_short() -> None:
    for trick in catalogue.NAMES:
        lines = len((ROOT / "pages" / f"{trick}.py").read_text(encoding="utf-8").splitlines())
        assert lines <= MAX_PAGE_LINES, f"pages/{trick}.py has {lines} lines: a page is a declaration"
        code = lines_of_code(f"tricks/{trick}.py")
        most = MAX_TRICK_LINES + (0 if is_tested(trick) else LONGER_NAMES)
        assert code <= most, f"tricks/{trick}.py has {code} lines of code: a trick is one change"


def own_words() -> set[str]:
    """What only a trick's own files may name: the tricks and their knobs, but for what is called like a family."""
    knobs = {knob.name for trick in catalogue.every() for knob in trick.knobs}
    return ({*catalogue.NAMES} | knobs) - {*get_args(Family)}


def shared_sources() -> list[str]:
    own = {f"{room}/{trick}.py" for room in ("tricks", "pages") for trick in catalogue.NAMES}
    python = {name for room in ROOMS for name in sources(room)}
    return sorted(python - own - EDITORIAL - {"tricks/catalogue.py"})


def test_no_shared_room_names_a_trick_or_its_knobs() -> None:
    modules = {f"{room}.{trick}" for room in ("tricks", "pages") for trick in catalogue.NAMES}
    for name in shared_sources():
        assert not imports_of(name) & modules, f"{name} imports a trick: the contract is wrong, not the trick"
        assert not texts_in(name) & own_words(), f"{name} names {texts_in(name) & own_words()}"
    quoted = re.compile(rf"""(["'`])({"|".join(sorted(own_words()))})\1""")
    for name in tracked():
        if name.startswith("assets/lab/") and name.endswith((".js", ".css")):
            found = quoted.search((ROOT / name).read_text(encoding="utf-8"))
            assert found is None, f"{name} names {found and found[2]}"


def test_the_rule_for_shared_rooms_sees_what_it_should(tmp_path: Path) -> None:
    offender = tmp_path / "offender.py"
    offender.write_text('"""About flooding."""\nfrom tricks import flooding\n\nKIND = "focal_loss"\n', encoding="utf-8")
    assert texts_in(str(offender)) == {"focal_loss"}
    assert "tricks.flooding" in imports_of(str(offender))
    assert lines_of_code(str(offender)) == 2


def addresses_in(text: str) -> list[str]:
    """Where `text` quotes or links to an address on this host that knows no base path."""
    served = {"lab", "_stcore", "media", "static", "home", *SHARED_PAGES, *catalogue.NAMES}
    return [
        found[1] for found in re.finditer(rf"""["'`(}}](/(?:{"|".join(sorted(served))})(?![\w.-])[^"'`)\s]*)""", text)
    ]


def test_one_function_makes_all_addresses() -> None:
    for name in tracked():
        if name == "pages/lab/files.py" or not name.startswith(("app.py", "pages/", "assets/lab/", "assets/text/")):
            continue
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not addresses_in(text), (
            f"{name} names {addresses_in(text)}: pages.lab.files makes it, under the base path"
        )
        assert "baseUrlPath" not in text, f"{name} reads the base path: pages.lab.files does"


def test_the_rule_for_addresses_sees_what_it_should() -> None:
    code = """at = "/lab/live"; f"{base}/lab/export/{name}"; `/flooding?seed=1`; [Evidence](/evidence); '/lab'"""
    assert addresses_in(code) == ["/lab/live", "/lab/export/{name}", "/flooding?seed=1", "/evidence", "/lab"]
    assert not addresses_in(
        """f"{at['assets']}/{SCRIPT}"; "/labels"; "pages/lab/live_socket.py"; (?seed=1); "/dev/fd" """
    )


def private_reads(tree: ast.Module) -> Iterator[str]:
    """What code asks of others that is theirs alone: attributes, imported names, and attributes named in a patch."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) not in ("self", "cls", "super()"):
            yield node.attr
        elif isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in ROOMS:
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "setattr":
            yield from (
                argument.value.rpartition(".")[2]
                for argument in node.args
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            )


def test_no_test_reads_the_private_state_of_what_it_tests() -> None:
    of_others = {  # torch has no public name for its vectors, notebooks none for what they show
        "tests/tricks/test_spectral_norm.py": {"_u", "_v"},
        "tests/trainers/test_lab.py": {"_repr_svg_"},
    }
    for name in (name for name in tracked() if name.startswith("tests/") and name.endswith(".py")):
        found = {read for read in private_reads(tree_of(name)) if re.match(r"_(?!_)", read)}
        assert found <= of_others.get(name, set()), f"{name} reads {', '.join(sorted(found))}"


def test_the_rule_for_private_state_sees_what_it_should() -> None:
    code = """
from trainers.live.conductor import _Call
run._pace = conductor.where()._places
self._own, super()._own = 1, 2
monkeypatch.setattr("trainers.live.live_run._observe", None)
monkeypatch.setattr(live, "_told", None)
"""
    found = {name for name in private_reads(ast.parse(code)) if name.startswith("_")}
    assert found == {"_Call", "_pace", "_places", "_observe", "_told"}


def test_each_module_of_the_front_end_has_a_test_beside_it() -> None:
    modules = {path.relative_to(ROOT / "assets/lab") for path in (ROOT / "assets/lab").rglob("*.js")}
    tested = {path.relative_to(ROOT / "tests/lab") for path in (ROOT / "tests/lab").rglob("*.test.js")}
    assert tested == {path.with_suffix(".test.js") for path in modules}


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text(encoding="utf-8")


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    place = re.compile(rb"(?<![\w.])/(?:work|root|home|Users)/[\w.]+")
    for name in tracked():
        found = place.search((ROOT / name).read_bytes())
        assert found is None, f"{name} names {found and found[0]!r}"
