"""Markdown as lessons have it, as HTML: paragraphs, lists, quotations, code, emphasis and links.

Whatever else stands in a text, HTML too, is shown as it is written. Nothing of it can act on a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

_LINK = re.compile(r"\[([^\]]+)\]\((https?://[^)\s]+)\)")
_STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_EMPHASIS = re.compile(r"\*(?=\S)(.+?)(?<=\S)\*")
_ITEM = re.compile(r"(?:[-*]|(\d+)\.) +(.*)")


def inline(text: str) -> str:
    """A line of Markdown as HTML within a paragraph."""
    parts = re.split(r"`([^`]+)`", " ".join(text.split()))
    return "".join(
        f"<code>{escape(part)}</code>" if number % 2 else _emphasized(part) for number, part in enumerate(parts)
    )


def _emphasized(text: str) -> str:
    told = _STRONG.sub(r"<strong>\1</strong>", escape(text))
    told = _EMPHASIS.sub(r"<em>\1</em>", told)
    return _LINK.sub(r'<a href="\2" rel="noopener">\1</a>', told)


def blocks(text: str) -> str:
    """A text in Markdown as HTML; each block goes by its own direction of writing."""
    return "\n".join(_blocks(text))


def _blocks(text: str) -> Iterator[str]:
    for number, part in enumerate(re.split(r"^```[^\n]*\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)):
        if number % 2:
            yield f'<pre dir="ltr">{escape(part)}</pre>'
            continue
        for block in filter(None, map(str.strip, re.split(r"\n\s*\n", part))):
            yield _block(block.split("\n"))


def _block(lines: list[str]) -> str:
    if all(line.startswith(">") for line in lines):
        inner = blocks("\n".join(line.removeprefix(">").removeprefix(" ") for line in lines))
        return f"<blockquote>{inner}</blockquote>"
    first = _ITEM.match(lines[0])
    if first is None:
        return f'<p dir="auto">{inline(" ".join(lines))}</p>'
    kind = "ul" if first[1] is None else "ol"
    return f"<{kind}>{''.join(_items(lines))}</{kind}>"


def _items(lines: list[str]) -> Iterator[str]:
    item: list[str] = []
    for line in lines:
        found = _ITEM.match(line)
        if found is not None and item:
            yield f'<li dir="auto">{inline(" ".join(item))}</li>'
            item = []
        item.append(line if found is None else found[2])
    yield f'<li dir="auto">{inline(" ".join(item))}</li>'
