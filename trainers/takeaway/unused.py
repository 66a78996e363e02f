"""What nobody asks for in the pieces of a script: what classes have, and parameters of functions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from trainers.takeaway.source import (
    FUNCTION,
    Edit,
    Name,
    Text,
    arguments,
    defined_in,
    fewer,
    has_fields,
    in_brackets,
    is_docstring,
    outermost,
    parts,
)

CAPTURES = {"state_dict", "load_state_dict", "extra_repr", "__slots__"}  # of a class: what no loop and no reader needs

OWNERS = {
    "spec": "ModelSpec",
    "recipe": "Recipe",
    "batch": "Batch",
    "moment": "Moment",
    "model": "Module",
    "optimizer": "Optimizer",
    "arm": "Arm",
}
"""Whose attributes are read and set of something called so; of all else that is not known."""

Member = tuple[str, str]
"""A class, or "" where that is not known, and something that it has."""


def attributes(pieces: Iterable[str], kind: type[ast.expr_context]) -> set[Member]:
    """The attributes that are read (`ast.Load`) or set (`ast.Store`) anywhere in the pieces."""
    found = set()
    for text in pieces:
        for top in ast.parse(text).body:
            for node in parts(top):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, kind):
                    found.add((_owner(node.value, top), node.attr))
                if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Attribute):
                    found.add((_owner(node.target.value, top), node.target.attr))
    return found


def drop_members(pieces: dict[Name, str], gone: set[Member]) -> None:
    """Takes out of the classes what is never read, wherever it is set; `gone` is what was taken out before."""
    read = attributes(pieces.values(), ast.Load)
    trees = {name: Text(text) for name, text in pieces.items()}
    classes = {node.name: node for text in trees.values() for node in text.tree.body if isinstance(node, ast.ClassDef)}
    families = {name: _family(name, classes) for name in classes}
    members = {(name, member) for name, node in classes.items() for member in _members(node)}
    kept = _made_by_position(pieces.values(), classes)
    dead = {
        (name, member)
        for name, member in members
        if name not in kept
        and (
            member in CAPTURES
            or not (member.startswith("__") or member == "forward" or {(one, member) for one in families[name]} & read)
        )
    }
    alive = {member for _, member in members - dead}
    gone |= dead
    dead |= gone | {(owner, member) for _, member in gone if member not in alive for owner in ("", "Module")}
    for name, text in trees.items():
        edits = [*_dead_statements(text, dead), *_dead_keywords(text, dead, set(classes))]
        if not edits:
            continue
        changed = text.edited(outermost(edits))
        changed = re.sub(r"\n\n\n+(?=    )", "\n\n", changed)
        pieces[name] = shorten(changed) if name.name in classes else changed


def _owner(node: ast.expr, top: ast.stmt) -> str:
    called = ast.unparse(node)
    if called == "self" and isinstance(top, ast.ClassDef):
        return top.name
    return OWNERS.get(called.removeprefix("self."), "")


def _made_by_position(pieces: Iterable[str], classes: Mapping[str, ast.ClassDef]) -> set[str]:
    """The classes of fields that are made with some of these by position, and those above them."""
    calls = [node for text in pieces for node in parts(ast.parse(text)) if isinstance(node, ast.Call) and node.args]
    found = {ast.unparse(node.func) for node in calls} & {name for name, node in classes.items() if has_fields(node)}
    return found | {ast.unparse(base) for name in found for base in classes[name].bases}


def _family(name: str, classes: Mapping[str, ast.ClassDef]) -> set[str]:
    """The class of that name, those above it and those below it, and the unknown one."""

    def above(one: str) -> set[str]:
        bases = [ast.unparse(base).removeprefix("nn.") for base in classes[one].bases]
        return {one}.union(*(above(base) if base in classes else {base} for base in bases))

    of_torch = set() if name in OWNERS.values() else {"Module", "Optimizer"}
    return {"", *of_torch, *above(name), *(other for other in classes if name in above(other))}


def _members(node: ast.ClassDef) -> Iterator[str]:
    """What a class declares, defines, or sets of itself."""
    for part in node.body:
        if isinstance(part, ast.FunctionDef):
            yield part.name
        elif isinstance(part, (ast.Assign, ast.AnnAssign)):
            yield from defined_in(part)
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store) and ast.unparse(inner.value) == "self":
            yield inner.attr


def _dead_statements(source: Text, dead: set[Member]) -> Iterator[Edit]:
    for top in source.tree.body:
        if isinstance(top, ast.ClassDef):
            for part in top.body:
                names = [part.name] if isinstance(part, ast.FunctionDef) else defined_in(part)
                if any((top.name, name) in dead for name in names):
                    yield source.nothing(part)
        for node in ast.walk(top):
            if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node in getattr(top, "body", ()):
                continue
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if _is_dead(target, top, dead):
                yield source.nothing(node)
            elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
                yield from fewer(source, node, [pair for pair in pairs if not _is_dead(pair[0], top, dead)])


def _is_dead(target: ast.expr, top: ast.stmt, dead: set[Member]) -> bool:
    return isinstance(target, ast.Attribute) and (_owner(target.value, top), target.attr) in dead


def _dead_keywords(source: Text, dead: set[Member], classes: set[str]) -> Iterator[Edit]:
    """Fields that are there no more, where a class is made or a copy with other fields."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            owner = "ModelSpec" if called.endswith(".with_model") else called
            owner = OWNERS.get(ast.unparse(node.args[0]), "") if called == "replace" and node.args else owner
            kept = [keyword for keyword in node.keywords if (owner, str(keyword.arg)) not in dead]
            if len(kept) < len(node.keywords) and (owner in classes or called == "replace"):
                yield arguments(source, node, [*node.args, *kept])


def shorten(text: str) -> str:
    """A class that has lost something with the first paragraph of its docstring alone."""
    source = Text(text)
    node = source.tree.body[-1]
    assert isinstance(node, FUNCTION)
    words = ast.get_docstring(node)
    if words is None or "\n\n" not in words:
        return text
    first = words.split("\n\n")[0]
    indented = first.replace("\n", "\n    ") + ("\n    " if "\n" in first else "")
    return source.edited([(*source.span(node.body[0]), f'"""{indented}"""')])


def drop_spare(pieces: dict[Name, str]) -> None:
    """Takes out of layers what they could be given beside an input and the knobs, where no layer is given more."""
    calls = [node for text in pieces.values() for node in parts(ast.parse(text)) if isinstance(node, ast.Call)]
    of_layers = [node for node in calls if len(node.args) > 1 and ast.unparse(node.args[1]) == "knobs"]
    known = {name.name for name in pieces}
    if any(
        len(node.args) > 2 and ast.unparse(node.func).isidentifier()
        for node in of_layers
        if ast.unparse(node.func) not in known
    ):
        return
    for name, text in pieces.items():
        source = Text(text)
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef) and node.name == "forward" and len(node.args.args) > 3:
                spare = node.args.args[-1]
                used = {part.id for line in node.body for part in ast.walk(line) if isinstance(part, ast.Name)}
                if spare.arg not in used:
                    begin = source.span(node.args.args[-2])[1]
                    edits: list[Edit] = [(begin, source.span(node.args.defaults[-1])[1], "")]
                    if is_docstring(node.body[0]) and f"`{spare.arg}`" in ast.unparse(node.body[0]):
                        edits.append((*source.whole(node.body[0]), ""))
                    pieces[name] = source.edited(edits)


def drop_parameters(pieces: dict[Name, str]) -> None:
    """Takes parameters that their function does not use out of it and of its calls, where all of those are known."""
    names = [name.name for name in pieces]
    for name in pieces:
        if names.count(name.name) > 1:
            continue
        for parameter, position in _unused(pieces[name], name.name):
            changed = {other: _without_argument(text, name.name, parameter, position) for other, text in pieces.items()}
            if None not in changed.values():
                changed[name] = _without_parameter(changed[name] or "", name.name, parameter)
                pieces.update({other: text for other, text in changed.items() if text is not None})
                break


def _function(text: str, called: str) -> tuple[ast.FunctionDef | None, int]:
    """The function of that name, or how the class of that name is made, and how many parameters come before."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == called:
            return node, 0
        if isinstance(node, ast.ClassDef) and node.name == called:
            for part in node.body:
                if isinstance(part, ast.FunctionDef) and part.name == "__init__":
                    return part, 1
    return None, 0


def _unused(text: str, called: str) -> Iterator[tuple[str, int]]:
    node, skipped = _function(text, called)
    if node is None or node.decorator_list:
        return
    used = {part.id for line in node.body for part in ast.walk(line) if isinstance(part, ast.Name)}
    for position, parameter in enumerate([*node.args.args, *node.args.kwonlyargs][skipped:]):
        if parameter.arg not in used:
            yield parameter.arg, position


def _without_argument(text: str, called: str, parameter: str, position: int) -> str | None:
    """A piece whose calls do without an argument; None where it uses the function in another way than to call it."""
    source = Text(text)
    calls = [node for node in parts(source.tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == called]
    inner = {node.func for node in calls}
    for node in parts(source.tree):
        if isinstance(node, ast.Name) and node.id == called and node not in inner:
            return None
    edits = []
    for node in calls:
        if any(isinstance(argument, ast.Starred) for argument in node.args):
            return None
        kept: list[ast.AST] = [one for index, one in enumerate(node.args) if index != position]
        kept += [keyword for keyword in node.keywords if keyword.arg != parameter]
        if len(kept) < len(node.args) + len(node.keywords):
            edits.append(arguments(source, node, kept))
    return source.edited(edits) if len(outermost(edits)) == len(edits) else None


def _without_parameter(text: str, called: str, parameter: str) -> str:
    source = Text(text)
    node, _ = _function(text, called)
    assert node is not None
    args = node.args
    first = len(args.args) - len(args.defaults)
    texts = []
    for index, one in enumerate(args.args):
        if one.arg != parameter:
            texts.append(source.of(one) + (f"={source.of(args.defaults[index - first])}" if index >= first else ""))
    named = [(one, value) for one, value in zip(args.kwonlyargs, args.kw_defaults, strict=True) if one.arg != parameter]
    texts += ["*"] if named else []
    texts += [source.of(one) + ("" if value is None else f"={source.of(value)}") for one, value in named]
    begin = source.span(node)[0] + len(f"def {node.name}")
    everything = [*args.args, *args.defaults, *args.kwonlyargs, *[value for value in args.kw_defaults if value]]
    last = max(source.span(one)[1] for one in everything)
    end = source.data.index(b")", last) + 1
    return source.edited([(begin, end, in_brackets(source, node.lineno, begin, texts))])
