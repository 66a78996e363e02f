"""What follows, in a piece of source, from what is known of its expressions.

An expression whose value in a run is known gives way to it, and what then is never done goes: nothing is renamed or
written anew.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from trainers.takeaway.source import Edit, Module, Text, fewer, outermost, parts

Facts = Mapping[str, str]
"""What stands in place of an expression, both as source; the expression as `ast.unparse` writes it."""


class Folding:
    """One pass over a piece: the edits that follow from what is known of its expressions."""

    def __init__(self, text: str, facts: Facts, module: Module) -> None:
        self.source, self.facts, self.module = Text(text), facts, module
        self.edits: list[Edit] = []
        self._block(self.source.tree.body)

    def _block(self, body: Sequence[ast.stmt]) -> None:
        ended = False
        for node in body:
            if ended or self._is_dead(node):
                self.edits.append(self.source.nothing(node))
            elif isinstance(node, ast.If) and (known := self._known(node.test)) is not None:
                self._branch(node, bool(known[0]))
            else:
                self._visit(node)
            ended = ended or isinstance(node, (ast.Return, ast.Raise))

    def _is_dead(self, node: ast.stmt) -> bool:
        """Whether it only tells somebody how far something is made."""
        if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
            return False
        called = node.value.func
        return isinstance(called, ast.Name) and self.module.imports.get(called.id, ("",))[0] == "tricks.making"

    def _branch(self, node: ast.If, taken: bool) -> None:
        """Leaves of a decided `if` what is done."""
        start, end = self.source.whole(node)
        is_elif = self.source.of(node).startswith("elif")
        kept = node.body if taken else node.orelse
        if is_elif and not taken and len(kept) == 1 and isinstance(kept[0], ast.If):
            first = self.source.whole(kept[0])[0]  # an elif, or an if of its own under else, which may stand so too
            self.edits.append((start, first, ""))
            return
        if not kept:
            self.edits.append((start, end, "") if is_elif else self.source.nothing(node))
            return
        inner = self.source.lines(kept[0].lineno, kept[-1].end_lineno or 0)
        if not taken and self.source.of(kept[0]).startswith("elif"):
            inner = inner.replace("elif", "if", 1)
        elif is_elif:
            inner = " " * node.col_offset + "else:\n" + inner
        else:
            surplus = kept[0].col_offset - node.col_offset
            inner = re.sub(rf"^ {{{surplus}}}", "", inner, flags=re.MULTILINE)
        self.edits.append((start, end, inner))

    def _visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.expr):
            text = self._value(node)
            if text is not None:
                self.edits.append((*self.source.span(node), text))
                return
        for name, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                self._block(value)
            elif isinstance(value, list):
                for item in value:
                    if isinstance(item, ast.AST):
                        self._visit(item)
            elif isinstance(value, ast.AST) and name not in ("annotation", "returns"):
                self._visit(value)

    def _value(self, node: ast.expr) -> str | None:
        """What stands in place of an expression; None where nothing is known."""
        if isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)) or isinstance(node, ast.Constant):
            return None
        if (text := self.facts.get(ast.unparse(node))) is not None:
            return text
        if isinstance(node, ast.IfExp) and (known := self._known(node.test)) is not None:
            return self.source.of(node.body if known[0] else node.orelse)
        if isinstance(node, ast.BoolOp):
            return self._bool(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.BoolOp) and self._known(node) is None:
            text = self._bool(node.operand)
            return f"not {text}" if text is not None and " " not in text else None
        if isinstance(node, ast.Subscript):
            return self._entry(node)
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Lambda, ast.Attribute)):
            return self._called(node, node.func)
        if isinstance(node, (ast.UnaryOp, ast.Compare)) and (known := self._known(node)) is not None:
            return _literal(known[0]) if not isinstance(getattr(node, "op", None), ast.USub) else None
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("str", "int", "float") and len(node.args) == 1:
            given = node.args[0]
            if isinstance(given, ast.Constant):
                return _literal({"str": str, "int": int, "float": float}[ast.unparse(node.func)](given.value))
        return None

    def _entry(self, node: ast.Subscript) -> str | None:
        """The entry of a dictionary that is written out."""
        key = node.slice.value if isinstance(node.slice, ast.Constant) else None
        found: str | None = None
        if isinstance(node.value, ast.Name):
            found = self.module.tables.get(node.value.id, {}).get(key)
        elif isinstance(node.value, ast.Dict):
            for one, value in zip(node.value.keys, node.value.values, strict=True):
                if key is not None and isinstance(one, ast.Constant) and one.value == key:
                    found = self.source.of(value)
        return f"({found})" if found is not None and found.startswith("lambda") else found

    def _called(self, node: ast.Call, func: ast.Lambda | ast.Attribute) -> str | None:
        """What a function without a name makes of what is called as in it; what a knob is that there may not be."""
        given = [ast.unparse(one) for one in node.args]
        if isinstance(func, ast.Lambda):
            return self.source.of(func.body) if given == [one.arg for one in func.args.args] else None
        return self.facts.get(f"{ast.unparse(func.value)}[{given[0]}]") if func.attr == "get" and given else None

    def _bool(self, node: ast.BoolOp) -> str | None:
        decides = isinstance(node.op, ast.Or)
        left: list[ast.expr] = []
        for value in node.values:
            known = self._known(value)
            if known is not None and bool(known[0]) == decides:
                if not left:
                    return self.source.of(value)
                left.append(value)
                break
            if known is None or value is node.values[-1]:
                left.append(value)
        if len(left) == len(node.values):
            return None
        return (" or " if decides else " and ").join(map(self.source.of, left))

    def _known(self, node: ast.expr) -> tuple[object] | None:
        """A value that is known, in brackets, since it may be None."""
        if isinstance(node, ast.Constant):
            return (node.value,)
        if (text := self.facts.get(ast.unparse(node))) in ("True", "False", "None"):
            return ({"True": True, "False": False, "None": None}[text],)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            known = self._known(node.operand)
            return None if known is None else (not known[0],)
        if isinstance(node, ast.BoolOp):
            values = [self._known(value) for value in node.values]
            decides = isinstance(node.op, ast.Or)
            if any(value is not None and bool(value[0]) == decides for value in values):
                return (decides,)
            return (not decides,) if None not in values else None
        if not isinstance(node, ast.Compare) or len(node.ops) > 1:
            return None
        return self._compared(node.left, node.ops[0], node.comparators[0])

    def _spread(self, node: ast.expr) -> str:
        """An expression as text, with the constants that are spread in it."""
        text = ast.unparse(node)
        for part in node.elts if isinstance(node, ast.Tuple) else ():
            known = self.module.constants.get(ast.unparse(part).removeprefix("*"))
            if isinstance(part, ast.Starred) and isinstance(known, tuple):
                text = text.replace(ast.unparse(part), repr(known)[1:-1])
        return text

    def _compared(self, left: ast.expr, how: ast.cmpop, right: ast.expr) -> tuple[object] | None:
        texts = [self.facts.get(ast.unparse(side), self._spread(side)) for side in (left, right)]
        if isinstance(how, (ast.Is, ast.IsNot)):
            same = texts[0] == texts[1]
            decided = same if same or texts[0] == "None" else None
            if decided is None or not all(text.isidentifier() for text in texts):
                return None
            return (decided == isinstance(how, ast.Is),)
        values = []
        for text in texts:
            try:
                values.append(ast.literal_eval(self.facts.get(text, text)))
            except (ValueError, SyntaxError):
                if text not in self.module.constants:
                    return None
                values.append(self.module.constants[text])
        if isinstance(how, (ast.Eq, ast.NotEq)):
            return ((values[0] == values[1]) == isinstance(how, ast.Eq),)
        if isinstance(how, (ast.In, ast.NotIn)) and isinstance(values[1], tuple):
            return ((values[0] in values[1]) == isinstance(how, ast.In),)
        return None


def _literal(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def folded(text: str, facts: Facts, module: Module) -> str:
    """A piece with all done that follows from the facts."""
    while True:
        before = text
        text = _without_nothing(text)
        pass_ = Folding(text, facts, module)
        text = pass_.source.edited(outermost(pass_.edits))
        if text == before:
            return text


def _without_nothing(text: str) -> str:
    """A piece in which no name of a function stands for None or itself, and nothing is made that nobody asks for."""
    source = Text(text)
    edits: list[Edit] = [*_bare_inits(source), *_idle(source)]
    for function in ast.walk(source.tree):
        if isinstance(function, ast.FunctionDef):
            names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
            read = {name.id for name in names if isinstance(name.ctx, ast.Load)}
            edits += _returned(source, function)
            for node in ast.walk(function):
                if isinstance(node, ast.FunctionDef) and node is not function and node.name not in read:
                    edits.append(source.nothing(node))
                elif isinstance(node, ast.Assign):
                    edits += _local(source, node, names, read)
    return source.edited(outermost(edits))


def _idle(source: Text) -> Iterator[Edit]:
    """What does nothing, and of what there is more beside it."""
    for node in ast.walk(source.tree):
        for block in (getattr(node, name, None) for name in ("body", "orelse")):
            if isinstance(block, list) and len(block) > 1:
                idle = [one for one in block if isinstance(one, ast.Pass)]
                yield from ((*source.whole(one), "") for one in idle[: len(block) - 1])
        if isinstance(node, ast.If) and {*map(type, node.body)} == {ast.Pass} and source.of(node).startswith("if"):
            yield from [] if node.orelse else [source.nothing(node)]


def _bare_inits(source: Text) -> Iterator[Edit]:
    """How a class is made, where that is how the one above it is."""
    for top in source.tree.body:
        for node in top.body if isinstance(top, ast.ClassDef) else ():
            if ast.unparse(node).splitlines() == ["def __init__(self):", "    super().__init__()"]:
                yield source.nothing(node)


def _returned(source: Text, function: ast.FunctionDef) -> Iterator[Edit]:
    """What is given a name right before it is returned."""
    blocks = [getattr(node, name, None) for node in ast.walk(function) for name in ("body", "orelse")]
    for before, last in (pair for block in blocks if isinstance(block, list) for pair in pairwise(block)):
        is_returned = isinstance(last, ast.Return) and isinstance(last.value, ast.Name)
        if is_returned and isinstance(before, ast.Assign) and ast.unparse(before.targets[0]) == ast.unparse(last.value):
            start, end = source.whole(before)[0], source.whole(last)[1]
            yield start, end, f"{' ' * before.col_offset}return {source.of(before.value)}\n"


def _local(source: Text, node: ast.Assign, names: Sequence[ast.Name], read: set[str]) -> Iterator[Edit]:
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = list(zip(target.elts, value.elts, strict=True))
        if all(isinstance(one, ast.Name) for one in target.elts):
            gone = [pair for pair in pairs if ast.unparse(pair[0]) not in read or _stands_for(*pair, names)]
            yield from fewer(source, node, [pair for pair in pairs if pair not in gone])
    else:
        pairs = [(target, value)]
        draws_nothing = not any(
            isinstance(part, ast.Call) and "get_state" not in ast.unparse(part) for part in parts(value)
        )
        is_idle = isinstance(target, ast.Name) and target.id not in read and draws_nothing
        if is_idle or ast.unparse(value) == ast.unparse(target) or _stands_for(target, value, names):
            yield source.nothing(node)
    for name, given in pairs:
        if _stands_for(name, given, names):
            others = (one for one in names if one.id == ast.unparse(name) and one is not name)
            yield from ((*source.span(one), source.of(given)) for one in others)


def _stands_for(target: ast.expr, value: ast.expr, names: Sequence[ast.Name]) -> bool:
    """Whether a name is another one for a text or for None, and never for anything else."""
    is_plain = isinstance(value, ast.Constant) and (value.value is None or isinstance(value.value, str))
    stores = [one for one in names if one.id == ast.unparse(target) and isinstance(one.ctx, ast.Store)]
    return is_plain and isinstance(target, ast.Name) and len(stores) == 1
