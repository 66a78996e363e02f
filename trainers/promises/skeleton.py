"""What stands in the files of a new trick before somebody writes what is so: it claims nothing that nobody measured."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from trainers.runs.arm_names import in_sentence
from trainers.runs.articles import Article
from trainers.runs.build import build_spec
from tricks.declaration import Trick, Value

WORDS = """\
# {title}

So far a copy of {like}: this sentence is to say plainly what the trick does.

## claim

What the paper claims is to stand here, and its parts below.

- `untested` A part of the claim, a sentence each.
  > nobody has written yet what is claimed

## see

What to look at in the panels, and what it means, is to stand here.

## try

### Take the trick away

All knobs are neutral. Predict: what will the curves do?

[Set the knobs to neutral and run](?{neutral})

> The two arms coincide step for step.

## misread

- *"What one is tempted to say."* Why it is not so is to stand here.

## limits

Nothing has been measured of this trick yet.

## snippet

```python
{snippet}
```

## labels

{labels}
"""

TEST = '''\
"""{title}: at its neutral setting it is the baseline, and a run of it can be captured and goes on.

Beside them belongs what the trick computes, held against torch's own operator in value and gradient, over small,
ordinary and saturated inputs; or properties, where torch has none.
"""

from trainers.promises import kept_in_training
from tricks.{name} import TRICK


def test_at_its_neutral_setting_it_is_the_baseline_bit_for_bit() -> None:
    assert not list(kept_in_training.neutral(TRICK.name))


def test_a_run_captured_on_the_way_goes_on_as_if_nothing_was() -> None:
    assert not list(kept_in_training.captured(TRICK.name))
'''


def docstring(title: str, like: str, text: str) -> str:
    """A module's docstring as source: that of the other, under a sentence that says whose it is."""
    return f'r"""{title}: so far a copy of {like}, whose formula and papers these are.\n\n{text}"""'


def page_docstring(title: str) -> str:
    """A page's docstring as source."""
    return f'"""The page of {in_sentence(title)}."""'


def test_module(name: str, title: str) -> str:
    """The source of a test."""
    return TEST.format(name=name, title=title)


def article(title: str, like: Article, trick: Trick, knobs: Mapping[str, str], labels: str) -> str:
    """The words of a page, under the new names of the other trick's knobs."""
    neutral = urlencode({knobs[name]: value for name, value in neutral_of(trick).items()})
    return WORDS.format(title=title, like=in_sentence(like.title), neutral=neutral, snippet=like.snippet, labels=labels)


def neutral_of(trick: Trick) -> dict[str, Value]:
    """The neutral values of the knobs that the trick has on its first task."""
    found = build_spec(trick.name).knobs_of(1).values()
    return {knob.name: _plain(knob.neutral) for knob in found if knob.neutral is not None}


def _plain(value: Value) -> Value:
    """A whole number without a point, as an address has it."""
    return int(value) if isinstance(value, float) and value == int(value) else value
