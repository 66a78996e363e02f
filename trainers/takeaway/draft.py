"""The pieces of a script: what is reached from its roots, without what its run does not use."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from trainers.takeaway.folding import Facts, folded
from trainers.takeaway.source import OWN, Module, Name, Text, has_fields, module_of, names_in
from trainers.takeaway.unused import Member, drop_members, drop_parameters, drop_spare, shorten


@dataclass
class Draft:
    """The pieces of a script, by module and name, from what is first asked for (`roots`).

    `facts` gives what is known of the expressions in a piece. `given` are texts in place of definitions, `instead`
    where to import such from that the script has from elsewhere, `brought` the names that facts bring in.
    Of the modules `cut` a definition that has lost something keeps the first paragraph of its words.
    """

    roots: Sequence[Name]
    facts: Callable[[Name], Facts]
    given: Mapping[Name, str] = field(default_factory=dict)
    instead: Mapping[Name, tuple[str, str]] = field(default_factory=dict)
    brought: Mapping[str, Name] = field(default_factory=dict)
    cut: Sequence[str] = ()
    pieces: dict[Name, str] = field(default_factory=dict)
    imports: set[tuple[str, str, str]] = field(default_factory=set)  # of a module, a name of it, and as what

    def write(self) -> None:
        """Collects the pieces, and takes out of them what nobody uses, until nothing more is to be done."""
        held: dict[Name, str] = {}
        gone: set[Member] = set()
        while True:
            self._collect(held)
            before = dict(self.pieces)
            drop_members(self.pieces, gone)
            drop_parameters(self.pieces)
            drop_spare(self.pieces)
            for name, text in self.pieces.items():
                known = {**self.facts(name), **_certain(self.pieces)}
                self.pieces[name] = folded(text, known, module_of(name.module))
                if name.module in self.cut and "def " in text and text != module_of(name.module).definitions[name.name]:
                    self.pieces[name] = shorten(self.pieces[name])
            held |= self.pieces
            if before == self.pieces:
                return

    def _collect(self, held: dict[Name, str]) -> None:
        self.pieces, self.imports = {}, set()
        waiting = list(self.roots)
        while waiting:
            name = waiting.pop()
            if name in self.pieces:
                continue
            module = module_of(name.module)
            if name not in held:
                text = self.given.get(name) or module.definitions[name.name]
                held[name] = folded(text, self.facts(name), module)
            self.pieces[name] = held[name]
            for used in names_in(held[name]):
                waiting += self._resolve(name.module, module, used)

    def _resolve(self, at: str, module: Module, used: str) -> list[Name]:
        """Where a name that a piece uses is defined; what is not the project's own is imported."""
        if used in module.definitions and (at, used) not in self.instead:
            return [Name(at, used)]
        of, name = module.imports.get(used, ("", ""))
        if (at, used) in self.instead:
            of, name = self.instead[Name(at, used)]
        elif of and (of, name) in self.instead:
            of, name = self.instead[Name(of, name)]
        elif of.split(".")[0] in OWN:
            return [Name(of, name)]
        if of:
            self.imports.add((of, name, used))
        elif used in self.brought:
            return [self.brought[used]]
        return []

    def merge(self) -> None:
        """Puts a class into the only one that is made of it."""
        trees = {name: Text(text) for name, text in self.pieces.items()}
        classes = {
            name: node for name, text in trees.items() for node in text.tree.body if isinstance(node, ast.ClassDef)
        }
        for above, base in classes.items():
            below = [name for name, node in classes.items() if above.name in map(ast.unparse, node.bases)]
            methods = {part.name: part for part in base.body if isinstance(part, ast.FunctionDef)}
            if len(below) == 1 and not has_fields(base) and "__init__" not in methods and len(base.bases) == 1:
                text, node = trees[below[0]], classes[below[0]]
                own = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
                more = [
                    trees[above].lines(part.lineno, part.end_lineno or 0)
                    for name, part in methods.items()
                    if name not in own
                ]
                bases = [(*text.span(one), ast.unparse(base.bases[0])) for one in node.bases]
                self.pieces[below[0]] = text.edited(bases).rstrip() + "\n" + "".join(f"\n{part}" for part in more)
                del self.pieces[above]
                return

    def of(self, *modules: str) -> list[str]:
        """The pieces of these modules, in the order of their source."""
        found = [
            re.sub(r"\n{3,}(?= )", "\n\n", self.pieces[Name(module, name)].strip("\n"))
            for module in modules
            for name in module_of(module).definitions
            if (module, name) in self.pieces
        ]
        return list(dict.fromkeys(found))  # several names may be given their values in one line

    def import_lines(self) -> list[str]:
        """The lines of import, the standard library's first."""
        plain = sorted({(of, called) for of, name, called in self.imports if not name})
        lines = [f"import {of}" if of == called else f"import {of} as {called}" for of, called in plain]
        named: dict[str, set[str]] = {}
        for of, name, called in self.imports:
            if name:
                named.setdefault(of, set()).add(name if name == called else f"{name} as {called}")
        return [*lines, *(f"from {of} import {', '.join(sorted(named[of], key=_isort))}" for of in sorted(named))]


def _certain(pieces: Mapping[Name, str]) -> dict[str, str]:
    """Calls of what always returns the same."""
    tops = [node for text in pieces.values() for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    found = {}
    for node in tops:
        value = getattr(node.body[-1], "value", None) if len(node.body) < 3 else None
        if not ast.unparse(node.args) and isinstance(node.body[-1], ast.Return) and isinstance(value, ast.Constant):
            found[f"{node.name}()"] = ast.unparse(value)
    return found


def _isort(name: str) -> tuple[int, str]:
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)
