"""The command line: `python -m trainers COMMAND`, each command in a file of its own in `trainers/commands/`.

Everything but `evidence` and `statements` runs in this one process.
"""

from __future__ import annotations

import argparse
import math
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType
from typing import Any, NoReturn

from trainers.commands import (
    bench,
    check,
    combine,
    doctor,
    evidence,
    extend,
    lesson,
    new,
    readme,
    replay,
    rooms,
    run,
    runs,
    statements,
    sweep,
    verify,
    worker,
)
from trainers.commands import list as list_command
from trainers.commands.options import FailedError, UsageError
from trainers.commands.terminal import UnwrittenError, prepare_streams, show, silence_stdout, tell

PROGRAM = "python -m trainers"
DONE, FAILED, WRONG_USAGE = 0, 1, 2
IN_TWOS_S = 5.0  # in which a signal to end is the same as the one before

COMMANDS = (
    *(list_command, run, combine, sweep, replay, extend, runs, verify),
    *(evidence, statements, lesson, rooms, new, check, worker, doctor, bench, readme),
)

DESCRIPTION = """\
Train a deep-learning trick against its baseline, without a browser: two networks
start from the same weights, see the same batches, and one of them has the trick."""

EPILOG = """\
exit codes:
  0  done (an arm whose loss stopped being a number has ended, that is a result)
  1  the run failed: every arm had to end before the last step, it was interrupted,
     or a file or the store could not be used; the reason is on standard error, and
     what was recorded until then is still written
  2  wrong usage: an unknown name, a refused value, an unusable replay file

examples:
  python -m trainers list
  python -m trainers run flooding --csv flooding.csv --json flooding.json
  python -m trainers run flooding --knob flood_level=0.1 --turn 300:flood_level=0.3 --csv -
  python -m trainers run flooding --arm flood_level=0.1 --arm flood_level=0.5 --seeds 100-103 --csv -
  python -m trainers combine flooding dropout --task digits --ablate
  python -m trainers sweep flooding flood_level --low 0 --high 0.6 --count 7
  python -m trainers replay flooding.json --csv again.csv
  python -m trainers runs list flooding --since 2026-01-31
  python -m trainers runs export last --archive flooding.zip
  python -m trainers evidence flooding --seeds 16 --csv seeds.csv
  python -m trainers lesson why_relu
  python -m trainers rooms list
  python -m trainers new my_trick --like focal_loss
  python -m trainers check my_trick
  python -m trainers bench --json bench.json"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and where help is to be had."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USAGE, f"{self.prog}: {message}\nTry `{self.prog} --help`.\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        (show if file is sys.stdout else tell)(message.rstrip("\n"))


def build_parser() -> argparse.ArgumentParser:
    """The arguments of every command."""
    layout: dict[str, Any] = {"formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False}
    parser = _Parser(prog=PROGRAM, description=DESCRIPTION, epilog=EPILOG, **layout)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    for command in COMMANDS:
        command.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code."""
    prepare_streams()
    try:
        return _act(build_parser().parse_args(arguments))
    except SystemExit as stop:
        return int(stop.code or 0)
    except KeyboardInterrupt:
        tell(f"{PROGRAM}: interrupted")
        return FAILED
    except (FailedError, UnwrittenError) as error:
        tell(f"{PROGRAM}: {error}")
        return FAILED
    except BrokenPipeError:  # the reader has what it wanted, as `| head` does
        silence_stdout()
        return DONE
    except OSError as error:
        place = f"{error.filename} could not be used: " if error.filename else ""
        tell(f"{PROGRAM}: {place}{error.strerror or error}")
        return FAILED


def _act(options: argparse.Namespace) -> int:
    from tricks.declaration import RefusedError  # which no help needs

    try:
        code: int = options.action(options) or DONE
    except (UsageError, RefusedError) as error:
        tell(f"{PROGRAM}: {error}")
        return WRONG_USAGE
    return code


def interrupt_on_signals() -> None:
    """Has what asks this program to end, such as a terminal that is closed, end it as Ctrl-C does: nothing is lost.

    Such often come in twos, from a shell and from the terminal itself, or by a hand that is impatient: what follows the
    first within seconds does not break off what is being written because of it.
    """
    heard = -math.inf

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal heard
        if time.monotonic() - heard < IN_TWOS_S:
            return
        heard = time.monotonic()
        raise KeyboardInterrupt

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        untouched = (signal.SIG_DFL, signal.default_int_handler)
        if number is not None and signal.getsignal(number) in untouched:  # `nohup` has one ignored
            signal.signal(number, interrupt)


if __name__ == "__main__":
    interrupt_on_signals()
    sys.exit(main())
