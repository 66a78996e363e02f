"""Markdown as HTML: each form, and that nothing else of a text can act."""

from __future__ import annotations

import pytest

from trainers.teaching.markup import blocks, inline


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a *b* **c** `d*e*`", "a <em>b</em> <strong>c</strong> <code>d*e*</code>"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("|J − b| + b < 1 & more", "|J − b| + b &lt; 1 &amp; more"),
        ("[here](https://a.example/b?c=1&d=2)", '<a href="https://a.example/b?c=1&amp;d=2" rel="noopener">here</a>'),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ('[x](https://a"onload="y)', '<a href="https://a&quot;onload=&quot;y" rel="noopener">x</a>'),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("`<b>`", "<code>&lt;b&gt;</code>"),
        ("*<img src=x onerror=y>*", "<em>&lt;img src=x onerror=y&gt;</em>"),
    ],
)
def test_a_line_is_shown_as_it_says(text: str, html: str) -> None:
    assert inline(text) == html


def test_blocks_are_paragraphs_lists_quotations_and_code() -> None:
    text = """One
two.

- a
  b
- c

1. d
2. e

> said
> *so*

```python
x < 1  # **no**
```
"""
    assert blocks(text).split("\n") == [
        '<p dir="auto">One two.</p>',
        '<ul><li dir="auto">a b</li><li dir="auto">c</li></ul>',
        '<ol><li dir="auto">d</li><li dir="auto">e</li></ol>',
        '<blockquote><p dir="auto">said <em>so</em></p></blockquote>',
        '<pre dir="ltr">x &lt; 1  # **no**',
        "</pre>",
    ]


def test_a_long_text_takes_no_time() -> None:
    assert len(blocks("*" * 10_000 + "a" + "**" * 5_000)) < 200_000
    assert len(blocks("[" * 10_000 + "](https://" * 1_000)) < 200_000
