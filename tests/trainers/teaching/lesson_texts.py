"""A lesson that is whole, and short, for tests that break it."""

from __future__ import annotations

WHOLE = """# A flood

See what a floor does.

## The floor

minutes: 8
page: flooding?flood_level=0.3&steps=40&seed=107
touch: flood_level, lr

### ask

Which network ends lower?

- [ ] the baseline
- [x] the flooded
  one

### see

- `train_loss flooding > 0.1` It stays *up*.

### explain

Because of the floor.

### misread

It is no ceiling.

## How high

minutes: 5
page: flooding?steps=40

### ask

How high is it?

answer: 60 ± 5 %, 0 to 100

### see

- `test_loss flooding at 20 < baseline at 20 + 0.5 on 3` Not much higher.
- `test_loss flooding ~ baseline` No difference.

### explain

Since it is short.
"""
