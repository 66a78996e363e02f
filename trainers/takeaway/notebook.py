"""A script as a notebook (nbformat 4): its words and headings as text, and a cell of code under each."""

from __future__ import annotations

import ast
import json
import re

MARK = re.compile(r"^# %% (.+)$", re.MULTILINE)


def notebook(script: str) -> str:
    """The notebook, as JSON, of a script whose parts begin with `# %% heading`; it is run where start.npz is."""
    tree = ast.parse(script)
    words = (ast.get_docstring(tree) or "").replace(
        "by `uv run script.py` or with any Python that has", "where there are"
    )
    end = tree.body[0].end_lineno or 0
    code = "".join(script.splitlines(keepends=True)[end:])
    first, *parts = MARK.split(code)
    cells = [_cell(0, "markdown", _told(words)), _cell(1, "code", first)]
    for heading, text in zip(parts[::2], parts[1::2], strict=True):
        cells.append(_cell(len(cells), "markdown", f"## {heading}"))
        cells.append(_cell(len(cells), "code", text))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


def _cell(number: int, kind: str, text: str) -> dict[str, object]:
    lines = text.strip("\n").splitlines(keepends=True)
    outputs: dict[str, object] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "id": f"part-{number}", "metadata": {}, **outputs, "source": lines}


def _told(words: str) -> str:
    """A docstring as Markdown: its first sentence as the title, what is set apart as formulas where it is LaTeX."""
    title, *paragraphs = words.split("\n\n")
    title = re.sub(r"\s+", " ", title)
    set_apart = re.compile(r"( {4}.*(\n|$))+")
    shown = [f"$$\n{one}\n$$" if set_apart.fullmatch(one) and "\\" in one else one for one in paragraphs]
    return "\n\n".join([f"# {title.rstrip('.')}", *shown])
