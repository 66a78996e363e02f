"""The files of a new trick: a working copy of another one, under names of its own, that claims nothing yet."""

from __future__ import annotations

import ast
import keyword
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from trainers.evidence.declarations import ROOT
from trainers.promises.skeleton import article, docstring, page_docstring, test_module
from trainers.promises.words_complete import LANGUAGE, article_of
from tricks import catalogue
from tricks.declaration import RefusedError, Trick

NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
SERVED = {"media", "static", "component", "favicon", "health"}
"""What an address of the app may begin with beside its pages."""

CATALOGUE = Path("tricks/catalogue.py")
FOLDERS = ("tricks", "pages", "tests/tricks", f"assets/text/{LANGUAGE}")

Edit = tuple[ast.expr | ast.keyword, str]


def paths_of(name: str) -> tuple[Path, Path, Path, Path]:
    """A trick's own files, behind the checkout: module, page, words, test."""
    module, page = (Path(room, f"{name}.py") for room in ("tricks", "pages"))
    return module, page, Path("assets/text", LANGUAGE, f"{name}.md"), Path("tests/tricks", f"test_{name}.py")


def create(name: str, like: str, title: str = "", root: Path = ROOT) -> tuple[Path, ...]:
    """Writes the files of the trick `name`, a copy of `like`, and its line in the catalogue: all, or nothing.

    Raises:
        RefusedError: there can be no trick of that name, none is like it, or this is no checkout to write into.
        OSError: a file could not be written.
    """
    trick = catalogue.load(like)
    _check_checkout(root, like)
    knobs = {knob.name: name if knob.name == like else f"{name}_{knob.name}" for knob in trick.knobs}
    _check_name(name, knobs, root)
    title = title.strip() or name.replace("_", " ").capitalize()
    texts = _texts(name, trick, title, knobs, root)
    _write({root / path: text for path, text in texts.items()}, root / CATALOGUE, _listed(name, like, root))
    return (*texts, CATALOGUE)


def _check_checkout(root: Path, like: str) -> None:
    asked = "new must be called in a checkout of the project that can be written to"
    for folder in FOLDERS:
        if not (root / folder).is_dir():
            raise RefusedError(f"{asked}: {root / folder} is not there")
        if not os.access(root / folder, os.W_OK):
            raise RefusedError(f"{asked}: {root / folder} cannot be written to")
    for path in (*paths_of(like)[:3], CATALOGUE):
        if not (root / path).is_file():
            raise RefusedError(f"{asked}: {root / path} is not there")


def _check_name(name: str, knobs: Mapping[str, str], root: Path) -> None:
    if keyword.iskeyword(name):
        raise RefusedError(f"name must not be a word of Python itself, got {name}")
    if not NAME.fullmatch(name):
        raise RefusedError(f"name must be 2 to 40 small letters, digits and _, the first a letter, got {name!r}")
    if name in catalogue.NAMES:
        raise RefusedError(f"name must be new, {name} is a trick already")
    for path in (*paths_of(name), Path("pages", name), Path("tricks", name)):
        if (root / path).exists():
            raise RefusedError(f"name must be new, {path} is there already")
    if name in SERVED:
        raise RefusedError(f"name must not be an address of the app itself, got {name}")
    taken = {knob.name for trick in catalogue.every() for knob in trick.knobs}
    for word in (name, *knobs.values()):
        if word in taken:
            raise RefusedError(f"name must be another: {word} is a knob of a trick already")
    quoted = re.compile(rf"""(["'`])({"|".join({name, *knobs.values()})})\1""")
    for path in shared_files(root):
        found = quoted.search(path.read_text(encoding="utf-8"))
        if found is not None:
            raise RefusedError(f"name must be another: {found[2]} means something in {path.relative_to(root)}")


def shared_files(root: Path) -> Iterator[Path]:
    """What belongs to no trick, and so may name none."""
    own = {root / room / f"{trick}.py" for room in ("tricks", "pages") for trick in catalogue.NAMES}
    for pattern in (
        "app.py",
        "tricks/*.py",
        "trainers/**/*.py",
        "pages/**/*.py",
        "assets/lab/**/*.js",
        "assets/lab/**/*.css",
    ):
        yield from (path for path in sorted(root.glob(pattern)) if path not in own)


def _texts(name: str, trick: Trick, title: str, knobs: Mapping[str, str], root: Path) -> dict[Path, str]:
    module, page, words, test = paths_of(name)
    like, (its_module, its_page, its_words, _) = trick.name, paths_of(trick.name)
    labels = (root / its_words).read_text(encoding="utf-8").split("\n## labels\n")[-1].strip()
    told, _ = article_of(like)
    return {
        module: formatted(_module(name, like, (root / its_module).read_text(encoding="utf-8"), title, knobs)),
        page: formatted(_page(name, (root / its_page).read_text(encoding="utf-8"), title, knobs)),
        words: article(title, told, trick, knobs, renamed_labels(labels, knobs)),
        test: formatted(test_module(name, title)),
    }


def renamed_labels(labels: str, knobs: Mapping[str, str]) -> str:
    """The lines of a text's labels, with the knobs' new names in their keys."""

    def key(found: re.Match[str]) -> str:
        return ".".join(knobs.get(part, part) for part in found[0].split("."))

    return re.sub(r"(?<=^- `)[^`\s]+(?=`)", key, labels, flags=re.MULTILINE)


def _module(name: str, like: str, source: str, title: str, knobs: Mapping[str, str]) -> str:
    tree = ast.parse(source)
    call = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TRICK" and isinstance(node.value, ast.Call)
    )
    fields = {"name": repr_of(name), "claims": '(Claim("untested"),)', "related": f"({repr_of(like)},)"}
    edits: list[Edit] = [(word.value, fields[word.arg]) for word in call.keywords if word.arg in fields]
    edits += [(word, "in_article=False") for word in call.keywords if word.arg == "in_article"]
    edits += _renamed(tree, knobs, {id(node) for word, _ in edits for node in ast.walk(word)})
    edits.append((_docstring(tree), docstring(title, like, ast.get_docstring(tree, clean=False) or "")))
    return _edited(source, edits).replace("    in_article=False,\n", "")


def _page(name: str, source: str, title: str, knobs: Mapping[str, str]) -> str:
    tree = ast.parse(source)
    words = [word for node in ast.walk(tree) if isinstance(node, ast.Call) for word in node.keywords]
    edits: list[Edit] = [(word.value, repr_of(name)) for word in words if word.arg == "trick"]
    edits += _renamed(tree, knobs, {id(word) for word, _ in edits})
    edits.append((_docstring(tree), page_docstring(title)))
    return _edited(source, edits)


def _docstring(tree: ast.Module) -> ast.expr:
    first = tree.body[0]
    assert isinstance(first, ast.Expr), "a trick's files begin with a docstring"
    return first.value


def _renamed(tree: ast.Module, knobs: Mapping[str, str], left: set[int]) -> list[Edit]:
    """The texts that are the name of a knob, each with its new one; those in `left` are not touched."""
    return [
        (node, repr_of(knobs[node.value]))
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value in knobs
        and id(node) not in left
    ]


def _edited(source: str, edits: list[Edit]) -> str:
    lines = source.encode().splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines))]
    data = source.encode()
    for node, text in sorted(edits, key=lambda edit: (edit[0].lineno, edit[0].col_offset), reverse=True):
        assert node.end_lineno is not None and node.end_col_offset is not None
        start, end = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
        data = data[:start] + text.encode() + data[end:]
    return data.decode()


def repr_of(text: str) -> str:
    """A text as Python source, quoted as everywhere here."""
    return f'"{text}"'


def formatted(source: str) -> str:
    """The source as the formatter has it, where that is installed: longer names may need another line."""
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.is_file():
        return source
    command = [str(ruff), "format", "--stdin-filename", str(ROOT / "tricks" / "new.py"), "-"]
    done = subprocess.run(command, cwd=ROOT, input=source, capture_output=True, encoding="utf-8", check=False)  # noqa: S603
    return done.stdout if done.returncode == 0 else source


def _listed(name: str, like: str, root: Path) -> str:
    """The catalogue's source with the new trick's line after that of the other."""
    source = (root / CATALOGUE).read_text(encoding="utf-8")
    made, count = re.subn(rf'^(    "{like}",.*\n)', rf'\g<1>    "{name}",\n', source, count=1, flags=re.MULTILINE)
    if not count:
        raise RefusedError(f"{CATALOGUE} must have a line of its own for {like}")
    return made


def _write(texts: Mapping[Path, str], shared: Path, content: str) -> None:
    """Writes new files, and then the shared one anew; where one cannot be written, none is there."""
    made: list[Path] = []
    try:
        for path, text in texts.items():
            with path.open("x", encoding="utf-8", newline="\n") as file:
                made.append(path)
                file.write(text)
        beside = shared.with_name(f"{shared.name}.new")
        made.append(beside)
        beside.write_text(content, encoding="utf-8", newline="\n")
        beside.replace(shared)
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise
