"""Draws one-line faults among all there could be, by the operators of cosmic-ray (Python) and Stryker (JavaScript)."""

from __future__ import annotations

import ast
import json
import random
import subprocess
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from tests.mutants.faults import JAVASCRIPT, PYTHON, ROOT, Fault, read

SOURCES = {PYTHON: ("app.py", "pages/**/*.py", "trainers/**/*.py", "tricks/**/*.py"), JAVASCRIPT: ("assets/**/*.js",)}
Line = tuple[str, int]  # a file's path, a number from 1
Ways = Callable[[], Iterator[Fault]]


def draw(half: str, number: int, seed: int) -> list[Fault]:
    """That many faults: the seed draws lines among all that can be broken, then one of the ways to break each."""
    lines = {PYTHON: python_lines, JAVASCRIPT: javascript_lines}[half](files(half))
    choice = random.Random(f"{half} {seed}")
    drawn = (list(ways()) for _, ways in choice.sample(sorted(lines.items()), len(lines)))
    return [choice.choice(ways) for ways in islice(filter(None, drawn), number)]


def files(half: str) -> list[str]:
    """The files of that half, by their paths from the repository's root."""
    found = {path for pattern in SOURCES[half] for path in ROOT.glob(pattern)}
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def python_lines(paths: Iterable[str]) -> dict[Line, Ways]:
    """Every line that cosmic-ray's operators can break, by path and number, and its faults."""
    operators = {name: get_operator(name) for name in sorted(operator_names())}
    free = {name: operator for name, operator in operators.items() if not operator.arguments()}  # told nothing more
    lines: dict[Line, list[tuple[str, int]]] = {}
    for path in paths:
        nodes = list(ast_nodes(get_ast(read(path))))
        for name, operator in free.items():
            places = (start for node in nodes for start, _ in operator().mutation_positions(node))
            for occurrence, (line, _) in enumerate(places):
                lines.setdefault((path, line), []).append((name, occurrence))
    return {line: partial(_python_faults, line, ways) for line, ways in lines.items()}


def _python_faults(place: Line, ways: list[tuple[str, int]]) -> Iterator[Fault]:
    """The faults of a line, but those that change annotations alone, which nothing evaluates."""
    path, line = place
    text = read(path)
    for name, occurrence in ways:
        broken = mutate_code(text, get_operator(name)(), occurrence)
        if broken is not None and _meaning(broken) != _meaning(text):
            start, before, after = _difference(text, broken)
            yield Fault(PYTHON, path, line, start, before, after, name.split("/")[-1])


def _meaning(text: str) -> str:
    """What the code says, annotations apart; the text itself where it is not Python."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return text
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
    return ast.dump(tree)


def _difference(text: str, broken: str) -> tuple[int, str, str]:
    """Where the two begin to differ, and what stands there in each up to where they agree again."""
    most = min(len(text), len(broken))
    start = next((i for i in range(most) if text[i] != broken[i]), most)
    ends = range(1, most - start + 1)
    same = next((i - 1 for i in ends if text[-i] != broken[-i]), most - start)
    return start, text[start : len(text) - same], broken[start : len(broken) - same]


def javascript_lines(paths: Iterable[str]) -> dict[Line, Ways]:
    """Every line that Stryker's operators can break, by path and number, and its faults."""
    command = ["node", "tests/mutants/instrument.js", *paths]
    lines: dict[Line, list[Fault]] = {}
    for found in json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout):
        path, line, start = found["path"], found["line"], found["start"]
        before = read(path)[start : found["end"]]
        fault = Fault(JAVASCRIPT, path, line, start, before, found["replacement"], found["operator"])
        lines.setdefault((path, line), []).append(fault)
    return {line: partial(iter, faults) for line, faults in lines.items()}
