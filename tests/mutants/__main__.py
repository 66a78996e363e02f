"""Breaks the code one line at a time and looks whether the tests notice: `make mutants`, or `python -m tests.mutants`.

Each fault is put into a clone of the last commit, with a cache of its own, and the test files nearest to the broken
file run until a test fails: those that mirror it or its room, import it, are named alike, name it most often or stand
where it stands, and then those of what every trick and every run promises; `--far` goes on with all the others. What
was found is kept at once, so that a call goes on where the last one ended; `--again` tries those that nobody noticed
once more. A fault found to change nothing is argued in `equivalents.toml`, and does not count.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.mutants.draw import draw
from tests.mutants.faults import GIVEN, JAVASCRIPT, PYTHON, ROOT, Fault, equivalents, given, line_of, read

WORK = ROOT / ".cache" / "mutants"
CLONE = WORK / "clone"
FOUND = ROOT / "tests" / "mutants" / "found"
NUMBERS = {GIVEN: 12, PYTHON: 40, JAVASCRIPT: 20}
WAIT_S = int(os.environ.get("TRICK_LAB_TESTS_WAIT_S", "60"))  # what a test waits for before it counts as failed
LIMIT_S = 3600  # for all tests together
UNITS_S = 300  # for those of the front end's modules, which a loop without an end keeps busy
ASKED = 0.85

Arguments = dict[tuple[str, str, str], str]
"""By path, line and what stands there instead: why a fault changes nothing."""


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=2026, help="which faults are drawn (default: 2026)")
    parser.add_argument("--half", choices=NUMBERS, action="append", help="only these (default: all)")
    parser.add_argument("--again", action="store_true", help="try once more what nobody noticed nor is argued")
    parser.add_argument("--far", action="store_true", help="run all tests where the nearest notice nothing")
    parser.add_argument("--list", action="store_true", help="only show what is drawn")
    options = parser.parse_args()
    faults = [fault for half in options.half or NUMBERS for fault in drawn(half, options.seed)]
    if options.list:
        for fault in faults:
            print(f"{fault.half:10} {said(fault)}")
        return
    results, why = Results(FOUND / f"{options.seed}.json"), equivalents()
    prepare()
    for number, fault in enumerate(faults, 1):
        known = results.get(fault)
        if known is None or (options.again and not known["noticed"] and argument(fault, why) is None):
            known = results.put(fault, try_fault(fault, far=options.far))
        noticed = known["noticed"] or "NOT NOTICED"
        print(
            f"{number:3}/{len(faults)} {fault.half:10} {said(fault)}\n      {noticed} ({known['seconds']:.0f} s)",
            flush=True,
        )
    enough = [summary(half, faults, results, why) for half in options.half or NUMBERS]
    sys.exit(0 if all(enough) else 1)


def drawn(half: str, seed: int) -> list[Fault]:
    """The faults of that half."""
    return given() if half == GIVEN else draw(half, NUMBERS[half], seed)


def said(fault: Fault) -> str:
    """The fault in a line."""
    before, after = (re.sub(r"\s+", " ", text)[:60] for text in (fault.before, fault.after))
    return f"{fault.path}:{fault.line} [{fault.operator}] {before!r} -> {after!r}"


def argument(fault: Fault, why: Arguments) -> str | None:
    """Why it changes nothing; None where nobody says that it does not."""
    return why.get((fault.path, line_of(fault), fault.after))


def summary(half: str, faults: list[Fault], results: Results, why: Arguments) -> bool:
    """Prints how many of a half were noticed; whether they are as many as is asked."""
    of_half = [fault for fault in faults if fault.half == half]
    missed = [fault for fault in of_half if not (results.get(fault) or {}).get("noticed")]
    same = [fault for fault in missed if argument(fault, why) is not None]
    counted = len(of_half) - len(same)
    noticed = len(of_half) - len(missed)
    print(f"{half}: {noticed} of {counted} noticed ({noticed / counted:.0%}); {len(same)} more change nothing")
    for fault in same:
        print(f"    {said(fault)}\n      {argument(fault, why)}")
    return noticed >= ASKED * counted


class Results:
    """What was found of each fault, kept in a file; of a broken file that has changed since nothing is known."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def get(self, fault: Fault) -> dict[str, Any] | None:
        return self.found.get(self._key(fault))

    def put(self, fault: Fault, result: dict[str, Any]) -> dict[str, Any]:
        self.found[self._key(fault)] = {"fault": said(fault), **result}
        new = self.path.with_suffix(".new")
        new.parent.mkdir(exist_ok=True)
        new.write_text(json.dumps(self.found, indent=1) + "\n", encoding="utf-8")
        new.replace(self.path)
        return result

    def _key(self, fault: Fault) -> str:
        return hashlib.sha256(f"{fault.path}\n{fault.put_into(read(fault.path))}".encode()).hexdigest()


def prepare() -> None:
    """The clone at this commit, with the installed packages."""
    WORK.mkdir(parents=True, exist_ok=True)
    changed = ["git", "diff", "--quiet", "HEAD", "--", ".", f":!{FOUND.relative_to(ROOT)}"]
    if subprocess.run(changed, cwd=ROOT, check=False).returncode:
        sys.exit("there are changes that are not committed: faults are put into a clone of the last commit")
    if not CLONE.exists():
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(CLONE)], check=True)
        for name in (".venv", "node_modules"):
            (CLONE / name).symlink_to(ROOT / name)
    subprocess.run(["git", "fetch", "--quiet", str(ROOT), "HEAD"], cwd=CLONE, check=True)
    subprocess.run(["git", "checkout", "--quiet", "--force", "--detach", "FETCH_HEAD"], cwd=CLONE, check=True)


def try_fault(fault: Fault, *, far: bool) -> dict[str, Any]:
    """Which test notices it (None: not one), and how long that took."""
    begun = time.monotonic()
    path = CLONE / fault.path
    text = path.read_text(encoding="utf-8")
    try:
        path.write_text(fault.put_into(text), encoding="utf-8")
        noticed = next(filter(None, map(failing, commands(fault, far=far))), None)
    finally:
        path.write_text(text, encoding="utf-8")
    return {"noticed": noticed, "seconds": time.monotonic() - begun}


NEAREST = 4  # files
CORE = ("tests/test_declared.py", "tests/tricks/test_catalogue.py", "tests/trainers/kinds/test_run.py")
"""What is declared, and what every trick and every run promises."""
DRAWN = ("tests/pages/test_component.py", "tests/pages/test_seeds.py", "tests/pages/test_sweep.py")


def commands(fault: Fault, *, far: bool) -> list[list[str]]:
    """The tests, the nearest first."""
    pytest = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "2", "--dist", "loadfile", f"--timeout={3 * WAIT_S}"]
    every = sorted(path.relative_to(CLONE).as_posix() for path in (CLONE / "tests").rglob("test_*.py"))
    if fault.path.endswith(".js"):
        beside = fault.path.replace("assets/lab/", "tests/lab/").replace(".js", ".test.js")
        units = [["node", "--test", beside], ["node", "--test", "tests/lab/**/*.test.js"]]
        others = [name for name in every if name.startswith("tests/pages/") and name not in DRAWN]
        return [*units, *([*pytest, name] for name in DRAWN), *([[*pytest, *others]] if far else [])]
    stem = Path(fault.path).stem
    texts = {name: (CLONE / name).read_text(encoding="utf-8") for name in every}
    imports = re.compile(rf"^(from|import) .*\b{stem}\b", re.MULTILINE)
    named = {name: len(re.findall(rf"\b{stem}\b", text)) for name, text in texts.items()}
    imported = {name: bool(imports.search(text)) for name, text in texts.items()}
    mirrors = [f"test_{stem}", f"test_{Path(fault.path).parent.name}"]  # of the file, and of all in its room
    mirrored = {name: mirrors.index(Path(name).stem) if Path(name).stem in mirrors else len(mirrors) for name in every}
    akin = {name: Path(name).stem.startswith(f"test_{stem.split('_')[0]}") for name in every}  # room_socket, room_site
    of_room = {name: Path(name).parent == Path("tests", fault.path).parent for name in every}

    def distance(name: str) -> tuple[int, ...]:
        return mirrored[name], not imported[name], not akin[name], -named[name], not of_room[name]

    far_off = (len(mirrors), True, True, 0, True)
    near = [name for name in sorted(every, key=distance) if distance(name) != far_off][:NEAREST]
    core = [name for name in CORE if name not in near]
    others = [name for name in every if name not in (*near, *core)]
    return [[*pytest, *files] for files in (near[:1], near[1:], core, others if far or not near else []) if files]


def failing(command: list[str]) -> str | None:
    """The first test that fails, or None if all pass."""
    limit = UNITS_S if command[0] == "node" else LIMIT_S
    cache = WORK / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    clean = ROOT / ".cache" / "trick-lab"
    if clean.exists():
        shutil.copytree(clean, cache)
    environment = {**os.environ, "TRICK_LAB_CACHE": str(cache), "TRICK_LAB_TESTS_WAIT_S": str(WAIT_S)}
    with (WORK / "output.txt").open("w+b") as output:
        process = subprocess.Popen(
            command, cwd=CLONE, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            return f"not done within {limit} s"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and whatever it left behind
            process.wait()
        if process.returncode == 0:
            return None
        output.seek(0)
        text = output.read().decode(errors="replace")
    named = re.search(r"^(?:FAILED|ERROR) (\S+)|^✖ (.+) \([\d.]+ms\)$", text, re.MULTILINE)
    return (named[1] or named[2]) if named else f"exit code {process.returncode}: {text[-200:]!r}"


if __name__ == "__main__":
    main()
