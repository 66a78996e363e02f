"""`python -m trainers worker`: processes that train for an app or for `evidence` elsewhere."""

from __future__ import annotations

import argparse
from typing import Any

from trainers.commands.options import UsageError, add_command

DESCRIPTION = """\
Starts worker processes at a Dask scheduler, one a core, each with one thread and set up as the
app's own are, and runs until it is interrupted. Options after the address are those of
`dask worker`, such as --nworkers 2 or --host 10.0.0.2.

The scheduler must be started in this folder, too: dask scheduler
For TLS see "On several machines" in the README."""


def add_parser(commands: Any) -> None:
    """Adds the command to the subparsers `commands`; its `action` is `main`."""
    command = add_command(commands, "worker", "train for an app on another machine", DESCRIPTION)
    command.add_argument("scheduler", metavar="ADDRESS", help="the scheduler's, such as tcp://10.0.0.1:8786")
    command.add_argument("more", metavar="...", nargs=argparse.REMAINDER, help="options of `dask worker`")
    command.set_defaults(action=main)


def main(options: argparse.Namespace) -> int:
    """Runs the command until it is interrupted; a wrong option ends it as Dask's own command ends."""
    import dask
    from dask.system import CPU_COUNT
    from distributed.cli.dask_worker import main as dask_worker
    from distributed.comm.addressing import get_address_host

    from trainers.kinds.forks import fork_prepared
    from trainers.kinds.host import WORKERS

    try:
        get_address_host(options.scheduler)
    except ValueError as error:
        told = f"ADDRESS must be a scheduler's, such as tcp://10.0.0.1:8786, got {options.scheduler!r}"
        raise UsageError(f"{told}: {error}") from None
    dask.config.set(WORKERS)
    fork_prepared()
    own = ["--nthreads", "1", "--nworkers", str(CPU_COUNT), "--no-dashboard"]
    dask_worker([options.scheduler, *own, *options.more], prog_name="python -m trainers worker")
    return 0
