"""The source of modules as pieces, one a definition, without types, and the places of what stands in a piece."""

from __future__ import annotations

import ast
import importlib.util
import re
import symtable
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

OWN = ("tricks", "trainers")  # the packages of which a script holds pieces; all others it imports

WIDTH = 120
SHORT = {"Knobs": "dict", "Memory": "dict"}  # what is told of these types; other names of types are of functions


FUNCTION = (ast.FunctionDef, ast.ClassDef)


class Name(NamedTuple):
    """A definition at the top of a module."""

    module: str
    name: str


@dataclass(frozen=True)
class Module:
    """A module's `definitions` by name, as text, and its `imports`: of which module, and which name of it ("": all)."""

    definitions: dict[str, str]
    imports: dict[str, tuple[str, str]]
    tables: dict[str, dict[object, str]]  # dictionaries whose keys are written out: each entry's text
    constants: dict[str, object]


@cache
def module_of(name: str) -> Module:
    """The module of that name, read and not imported."""
    found = importlib.util.find_spec(name)
    assert found is not None and found.origin is not None
    text = Path(found.origin).read_text(encoding="utf-8")
    source = Text(_untyped(re.sub(r" +# type: ignore.*", "", text)))
    text = source.text
    lines = text.splitlines(keepends=True)
    made = Module({}, {}, {}, {})
    last: list[str] = []
    for node in _statements(source.tree.body):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            of = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                known = (of, alias.name) if of else (alias.name, "")
                made.imports[alias.asname or alias.name] = known
            continue
        names = defined_in(node)
        start = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))]) - 1
        while start and lines[start - 1].startswith("#"):
            start -= 1
        piece = "".join(lines[start : node.end_lineno])
        if not names and last and isinstance(node, ast.Expr):  # the words under a constant
            for name in last:
                made.definitions[name] += piece
        for name in names:
            made.definitions[name] = _flat(piece, made) if isinstance(node, ast.ClassDef) else piece
        last = names if isinstance(node, (ast.Assign, ast.AnnAssign)) else []
        value = getattr(node, "value", None)
        if len(names) == 1 and isinstance(value, ast.Dict):
            entries = zip(value.keys, value.values, strict=True)
            made.tables[names[0]] = {
                key.value: source.of(item) for key, item in entries if isinstance(key, ast.Constant)
            }
        if len(names) == 1 and isinstance(value, (ast.Constant, ast.Tuple)):
            with suppress(ValueError):
                made.constants[names[0]] = ast.literal_eval(value)
    return made


def _untyped(text: str) -> str:
    """A module without types, which are for whoever changes it; the fields of classes keep theirs, in short."""
    source = Text(text)
    edits: list[Edit] = []
    aliases = {name for node in source.tree.body if isinstance(node, ast.Assign) for name in defined_in(node)}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.arguments):
            places = [*node.posonlyargs, *node.args][::-1]
            defaults = [
                *zip(places, node.defaults[::-1], strict=False),
                *zip(node.kwonlyargs, node.kw_defaults, strict=True),
            ]
            edits += [
                (source.span(one)[0], source.span(default)[0], f"{one.arg}=")
                for one, default in defaults
                if default is not None and one.annotation is not None
            ]
        elif isinstance(node, ast.arg) and node.annotation is not None:
            edits.append((source.span(node)[0], source.span(node)[1], node.arg))
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            end = source.span(node.returns)[1]
            edits.append((source.data.rindex(b"->", 0, source.span(node.returns)[0]) - 1, end, ""))
        elif isinstance(node, ast.Assert):
            edits.append((*source.whole(node), ""))
        elif isinstance(node, ast.ClassDef) and has_fields(node):
            fields = [one for one in node.body if isinstance(one, ast.AnnAssign)]
            edits += [(*source.span(one.annotation), _in_short(one.annotation, aliases)) for one in fields]
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)) and not has_fields(node):
            for one in ast.walk(node) if isinstance(node, ast.FunctionDef) else node.body:
                if isinstance(one, ast.AnnAssign):
                    edits.append(
                        (*source.whole(one), "")
                        if one.value is None
                        else (source.span(one.target)[1], source.span(one.annotation)[1], "")
                    )
    return _joined_headers(source.edited(outermost(edits)))


def _joined_headers(text: str) -> str:
    """A module whose functions begin on one line, where there is room on it."""
    source = Text(text)
    edits: list[Edit] = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef) and node.body[0].lineno > node.lineno:
            start = source.span(node)[0]
            header = source.data[start : source.data.index(b":\n", start)].decode()
            joined = re.sub(r"\(\s+", "(", re.sub(r",?\s+\)", ")", re.sub(r"\s*\n\s*", " ", header)))
            if joined != header and node.col_offset + len(joined) < WIDTH:
                edits.append((start, start + len(header.encode()), joined))
    return source.edited(edits)


def has_fields(node: ast.AST) -> bool:
    """Whether what a class declares is what it is made of."""
    if not isinstance(node, ast.ClassDef):
        return False
    told = [ast.unparse(one) for one in (*node.decorator_list, *node.bases)]
    return any(one.startswith("dataclass") or one == "NamedTuple" for one in told)


def _in_short(annotation: ast.expr, aliases: set[str]) -> str:
    """A type without what it is made of."""
    if isinstance(annotation, ast.BinOp):
        return f"{_in_short(annotation.left, aliases)} | {_in_short(annotation.right, aliases)}"
    head = ast.unparse(annotation.value if isinstance(annotation, ast.Subscript) else annotation)
    return SHORT.get(head, "Callable" if head in aliases else head)


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, ast.If):  # what is imported for types only
            yield from _statements(node.body)
        else:
            yield node


def defined_in(node: ast.stmt) -> list[str]:
    """The names that a statement defines."""
    if isinstance(node, FUNCTION):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]


def _flat(piece: str, module: Module) -> str:
    """A class of fields by keyword with those of its base as its own: a reader needs to know of one only."""
    source = Text(piece)
    (node,) = source.tree.body
    assert isinstance(node, ast.ClassDef)
    base = node.bases[0].id if len(node.bases) == 1 and isinstance(node.bases[0], ast.Name) else ""
    if "kw_only=True" not in piece.split("class ")[0] or base not in module.definitions:
        return piece
    of = Text(module.definitions[base])
    (above,) = of.tree.body
    assert isinstance(above, ast.ClassDef)
    fields = of.lines(above.body[1].lineno, above.body[-1].end_lineno or 0).rstrip()
    first = source.span(node.body[0])[1] if len(node.body) > 1 else source.span(node)[1]
    start, end = source.span(node.bases[0])
    return source.edited([(start - 1, end + 1, ""), (first, first + 1, "\n\n" + fields)])


Edit = tuple[int, int, str]


class Text:
    """Source with the places of its nodes, in bytes."""

    def __init__(self, text: str) -> None:
        self.text, self.data, self.tree = text, text.encode(), ast.parse(text)
        self._starts = [0]
        for line in self.data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Where a node begins and ends."""
        at = node.lineno, node.col_offset, node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]
        return self._starts[at[0] - 1] + at[1], self._starts[at[2] - 1] + at[3]

    def of(self, node: ast.AST) -> str:
        """A node's text."""
        start, end = self.span(node)
        return self.data[start:end].decode()

    def lines(self, first: int, last: int) -> str:
        """The text of these lines, counted from 1."""
        return self.data[self._starts[first - 1] : self._starts[last]].decode()

    def whole(self, node: ast.stmt) -> tuple[int, int]:
        """Where the lines of a statement begin and end, its decorators' too."""
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
        return self._starts[first - 1], self._starts[node.end_lineno or 0]

    def nothing(self, node: ast.stmt) -> Edit:
        """A statement that gives way to one that does nothing, since its block may have no other."""
        return *self.whole(node), f"{' ' * node.col_offset}pass\n"

    def edited(self, edits: Iterable[tuple[int, int, str]]) -> str:
        """The text with those parts changed; they do not overlap."""
        data = self.data
        for start, end, text in sorted(edits, reverse=True):
            data = data[:start] + text.encode() + data[end:]
        return data.decode()


def names_in(text: str) -> set[str]:
    """The names that a piece takes from outside of itself, those of its annotations too."""
    found: set[str] = set()
    tables = [symtable.symtable(text, "piece", "exec")]
    while tables:
        table = tables.pop()
        is_module = table.get_type() == "module"
        found |= {
            one.get_name() for one in table.get_symbols() if (is_module or one.is_global()) and one.is_referenced()
        }
        tables += table.get_children()
    for node in ast.walk(ast.parse(text)):
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if part is not None:
                found |= {name.id for name in ast.walk(part) if isinstance(name, ast.Name)}
    return found


def parts(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes, annotations left out."""
    yield node
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns"):
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, ast.AST):
                    yield from parts(item)


def is_docstring(node: ast.stmt) -> bool:
    """Whether it is words alone."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def outermost(edits: Iterable[Edit]) -> list[Edit]:
    """Without those that lie within another."""
    kept: list[Edit] = []
    for edit in sorted(set(edits), key=lambda one: (one[0], -one[1])):
        if not kept or edit[0] >= kept[-1][1]:
            kept.append(edit)
    return kept


def fewer(source: Text, node: ast.stmt, kept: Sequence[tuple[ast.expr, ast.expr]]) -> Iterator[Edit]:
    """An assignment of several with those pairs alone."""
    assert isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple)
    if not kept:
        yield source.nothing(node)
    elif len(kept) < len(node.targets[0].elts):
        yield *source.span(node), " = ".join(", ".join(map(source.of, side)) for side in zip(*kept, strict=True))


def arguments(source: Text, call: ast.Call, kept: Sequence[ast.AST]) -> Edit:
    """A call with these arguments alone."""
    start, end = source.span(call.func)[1], source.span(call)[1]
    texts = [source.of(one) for one in kept]
    return start, end, in_brackets(source, call.lineno, start, texts)


def in_brackets(source: Text, line: int, start: int, texts: Sequence[str]) -> str:
    """Texts in brackets, on one line where there is room."""
    before = source.lines(line, line)
    indent = " " * (len(before) - len(before.lstrip()))
    joined = f"({', '.join(texts)})"
    first = source.data.rfind(b"\n", 0, start) + 1
    if len(source.data[first:start].decode()) + len(joined) + 10 <= WIDTH:
        return joined
    return "(\n" + "".join(f"{indent}    {text},\n" for text in texts) + f"{indent})"
