"""A run as a program that makes its curves again: `script.py` beside `start.npz`, with torch and numpy alone.

It is put together from the sources of the trick, the recipe, the network and the loop (`loop.py`), by what is known of
the run: a joint that no arm of it changes, a layer that no network of it has, go.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from textwrap import fill
from types import FunctionType

from torch import Generator, nn

from trainers.kinds.classifier import ClassifierTrainer
from trainers.kinds.run import probe_every
from trainers.runs.labels import load_labels, title_and_knobs
from trainers.runs.spec import Event, RunSpec
from trainers.runs.whole import WholeRun
from trainers.store.archive import NOTEBOOK, SCRIPT, START
from trainers.takeaway.draft import Draft
from trainers.takeaway.folding import Facts
from trainers.takeaway.notebook import notebook
from trainers.takeaway.source import WIDTH, Name, module_of
from trainers.takeaway.start_file import REPLAYS, Opening, ScriptError, arrays_of, networks_of, npz, open_run
from trainers.takeaway.unused import attributes
from tricks import catalogue
from tricks.declaration import Value
from tricks.recipe import ModelSpec, Recipe

MAX_LINES = 250  # of code
LOOP, BASELINE, MODELS, UPDATES = (
    f"trainers.{name}" for name in ("takeaway.loop", "parts.baseline", "parts.models", "parts.updates")
)
RECIPE, DECLARATION = "tricks.recipe", "tricks.declaration"
INSTEAD = {
    Name(RECIPE, "Optimizer"): ("torch.optim", "Optimizer"),
}
GIVEN = {
    Name(UPDATES, "Adam"): "Adam = partial(torch.optim.Adam, fused=True)\n",
    Name(UPDATES, "Sgd"): "Sgd = partial(torch.optim.SGD, fused=True)\n",
}


@dataclass(frozen=True)
class TakeAway:
    """The two files: the script's text, and what it starts from."""

    script: str
    start: bytes


def take_away(spec: RunSpec, events: Sequence[Event] = (), steps: int | None = None) -> TakeAway:
    """The files of the run of `spec` in which `events` took effect, and `steps` were made (None: all).

    Raises:
        ScriptError: there is no script of such a run; the message says why.
    """
    opening = open_run(spec, steps)
    text = _Writer(opening, events).text()
    if lines_of_code(text) > MAX_LINES:
        count = f"{lines_of_code(text)} lines of code, more than {MAX_LINES}"
        raise ScriptError(f"the script of this run would have {count}: {REPLAYS}")
    return TakeAway(text, npz({name: array for name, array in arrays_of(opening).items() if _is_asked(name, text)}))


def script_files(run: WholeRun) -> dict[str, bytes]:
    """The files of a run by their names: the script, the same as a notebook, and what both start from.

    Raises:
        ScriptError: as `take_away`.
    """
    history = run.history
    taken = take_away(history.spec, history.events, history.step)
    return {SCRIPT: taken.script.encode(), NOTEBOOK: notebook(taken.script).encode(), START: taken.start}


def _is_asked(name: str, script: str) -> bool:
    """Whether the script reads an array: which generators and labels do not all."""
    first, _, last = name.partition("/")
    if first == "generator":
        return f'owned("{last}")' in script
    return not name.endswith("/clean_labels") or '/clean_labels"]' in script


class _Writer:
    """What is known of one run, and its script."""

    def __init__(self, opening: Opening, events: Sequence[Event]) -> None:
        self.opening, self.spec, self.events = opening, opening.spec, events
        self.tricks = [name for name in catalogue.NAMES if any(name in arm.tricks for arm in self.spec.arms)]
        self.models = [arm.model for arm in opening.arms]
        self.classes = _facts_of_classes(self.models)
        shapes = [arm.recipe.model for arm in opening.arms]
        of_shape = {
            expression: text
            for part in dataclasses.fields(ModelSpec)
            for expression, text in _facts_of_values(
                f"spec.{part.name}", [getattr(one, part.name) for one in shapes]
            ).items()
        }
        for name in (type(self.models[0]).__name__, "_wrap"):  # others are given a spec that was changed on its way
            self.classes[MODELS, name] = {**self.classes.get((MODELS, name), {}), **of_shape}
        if "spec.shortcut" in of_shape and of_shape["spec.shortcut"] == "None":
            self.classes[MODELS, "Block"] = {**self.classes.get((MODELS, "Block"), {}), "shortcut": "None"}
        self.choices = self._of_choices()
        self.known = {
            LOOP: self._of_loop(),
            RECIPE: {},
            BASELINE: {f"settings[{name!r}]": repr(value) for name, value in self.spec.settings.items()},
            MODELS: {"spec.kind": repr(opening.arms[0].recipe.model.kind)},
            **self._of_tricks(),
        }

    def text(self) -> str:
        """The script."""
        first = self._draft()
        first.write()
        self.known[RECIPE] = _of_batches(text for name, text in first.pieces.items() if name.module != RECIPE)
        self.known[LOOP] = self.known[LOOP] | self.known[RECIPE]
        draft = self._draft()
        draft.write()
        draft.merge()
        self._check(draft)
        return self._told(draft)

    def _draft(self) -> Draft:
        roots = [
            Name(LOOP, "main"),
            Name(BASELINE, "baseline"),
            *(Name(f"tricks.{name}", "apply") for name in self.tricks),
        ]
        given = {**GIVEN, **{Name(LOOP, name): f"{name} = {text}\n" for name, text in self._constants().items()}}
        if len(self.tricks) > 1:
            for name in self.tricks:
                text = module_of(f"tricks.{name}").definitions["apply"]
                given[Name(f"tricks.{name}", "apply")] = text.replace("def apply(", f"def {self._apply(name)}(", 1)
        return Draft(roots, self.facts, given, INSTEAD, self._brought(), cut=(RECIPE, MODELS, LOOP))

    def _apply(self, trick: str) -> str:
        return "apply" if len(self.tricks) == 1 else f"apply_{trick}"

    def facts(self, name: Name) -> Facts:
        """What is known in that definition."""
        known = self.known.get(name.module, {})
        if name.module.startswith("tricks."):
            known = {**self.choices, **known}
        return {**known, **self.classes.get((name.module, name.name), {})}

    def _of_loop(self) -> dict[str, str]:
        facts: dict[str, str] = {}
        found = [arm.recipe for arm in self.opening.arms]
        for joint in dataclasses.fields(Recipe):
            values = [getattr(recipe, joint.name) for recipe in found]
            for owner in ("recipe", "self.recipe"):
                facts |= _facts_of_values(f"{owner}.{joint.name}", values)
        modules = [module for model in self.models for module in model.modules()]
        draws = any(isinstance(value, Generator) for module in modules for value in vars(module).values())
        notes = any(True for model in self.models for _ in model.buffers())
        learns = any(networks_of(arm.set) for arm in self.opening.arms)
        if facts.get("recipe.reduction") == "mean_reduction":
            facts["recipe.reduction(losses, knobs, memory)"] = "losses.mean()"
        if facts.get("recipe.judged") == facts.get("recipe.recalibrate") == "None":
            facts |= {"arm.judged()": "arm.model"}
        if all(model.head_wrap is None for model in self.models):
            made = "(recipe.model, SHAPE, NUM_CLASSES, self.masks)"
            facts[f"assemble{made}"] = type(self.models[0]).__name__ + made
        return {
            **facts,
            "TURNED": repr(bool(self.events)),
            "DRAWS": repr(draws),
            "NOTES": repr(notes),
            "LEARNS": repr(learns),
        }

    def _of_choices(self) -> dict[str, str]:
        """What is known of the knobs: the choices that all arms have made alike, and that nobody turned."""
        turned = {event.name for event in self.events}
        found: dict[str, set[Value]] = {}
        for name, value in (item for arm in self.spec.arms for item in arm.knobs.items() if item[0] not in turned):
            found.setdefault(name, set()).add(value)
        alike = {name: next(iter(values)) for name, values in found.items() if len(values) == 1}
        made = {name: value for name, value in alike.items() if isinstance(value, str)}
        owners = ("knobs", "self._knobs", "moment.knobs")
        return {f"{owner}[{name!r}]": _text(value) for name, value in made.items() for owner in owners}

    def _brought(self) -> dict[str, Name]:
        """The functions that stand in place of a joint that all arms have alike."""
        values = [getattr(arm.recipe, joint.name) for arm in self.opening.arms for joint in dataclasses.fields(Recipe)]
        network = type(self.models[0]).__name__
        return {network: Name(MODELS, network)} | {
            value.__name__: Name(value.__module__, value.__name__)
            for value in values
            if isinstance(value, FunctionType)
        }

    def _of_tricks(self) -> dict[str, dict[str, str]]:
        """What is known of the recipes that each trick is given."""
        given: dict[str, list[Recipe]] = {name: [] for name in self.tricks}
        for arm in self.spec.arms:
            recipe = ClassifierTrainer.baseline(self.spec)
            for name in arm.tricks:
                given[name].append(recipe)
                recipe = catalogue.load(name).apply(recipe)
        known: dict[str, dict[str, str]] = {}
        for name, recipes in given.items():
            facts = {"isinstance(recipe, GanRecipe)": "False", "isinstance(recipe, Recipe)": "True"}
            facts["recipe.model.kind"] = repr(recipes[0].model.kind)
            for joint in dataclasses.fields(Recipe):
                values = [getattr(recipe, joint.name) for recipe in recipes]
                if all(value is None for value in values):
                    facts[f"recipe.{joint.name}"] = "None"
            known[f"tricks.{name}"] = facts
        return known

    def _constants(self) -> dict[str, str]:
        settings = self.spec.settings
        return {
            "HERE": 'Path(__file__).parent if "__file__" in globals() else Path()',
            "START": "{name: torch.from_numpy(array) for name, array in "
            'np.load(HERE / "start.npz", allow_pickle=False).items()}',
            "SHAPE": repr(tuple(self.opening.task.shape)),
            "NUM_CLASSES": repr(self.opening.task.num_classes),
            "NUM_STEPS": repr(self.opening.steps),
            "LAST": repr(tuple(sorted({self.spec.planned_steps, self.spec.steps}))),
            "EVAL_EVERY": repr(settings["eval_every"]),
            "PROBE_EVERY": repr(probe_every(self.spec)),
            "ARMS": "{}",
            "TURNS": "[]",
        }

    def _check(self, draft: Draft) -> None:
        taken: dict[str, str] = {}
        for name in draft.pieces:
            if len(self.tricks) > 1 and name.name == "apply":
                continue
            if taken.setdefault(name.name, name.module) != name.module:
                both = f"{taken[name.name]} and {name.module}"
                raise ScriptError(f"{both} both have a {name.name}, which cannot stand in one script: {REPLAYS}")

    def _told(self, draft: Draft) -> str:
        draft.imports |= {("numpy", "", "np"), ("pathlib", "Path", "Path")}
        if any(name.module == UPDATES for name in draft.pieces):
            draft.imports.add(("functools", "partial", "partial"))
        own = [f"tricks.{name}" for name in self.tricks]
        others = sorted(
            {name.module for name in draft.pieces if name.module.startswith("tricks.")} - {*own, RECIPE, DECLARATION}
        )
        constants = self._constants()
        pieces = "\n".join(draft.pieces.values())
        strings = {
            node.value
            for node in ast.walk(ast.parse(pieces))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        run = [
            f"{name} = {text}"
            for name, text in constants.items()
            if (LOOP, name) in draft.pieces and name not in ("ARMS", "TURNS")
        ]
        settings = {name: value for name, value in self.spec.context.items() if name in strings}
        loop = [piece for piece in draft.of(LOOP) if not re.match(rf"({'|'.join(constants)})\b", piece)]
        title = " + ".join(title_and_knobs(name)[0] for name in self.tricks)
        sections = {
            "The run": ["\n".join([*run, _settings(settings), *self._turns()])],
            "What a recipe is: all that a trick may change": draft.of(DECLARATION, RECIPE),
            f"The trick: {title}": draft.of(*others, *own),
            "The network": draft.of(MODELS),
            "The baseline, and the arms": [*draft.of(UPDATES, BASELINE), self._arms(strings)],
            "Training": [*loop, 'if __name__ == "__main__":\n    main()'],
        }
        placed = {DECLARATION, RECIPE, MODELS, UPDATES, BASELINE, LOOP, *others, *own}
        stray = {name.module for name in draft.pieces} - placed
        assert not stray, stray
        body = "\n\n".join(f"# %% {head}\n\n" + _joined(parts) + "\n" for head, parts in sections.items() if parts)
        imports = _sorted_imports(draft.import_lines())
        return f"{_header()}\n{self._docstring(title)}\n\n{imports}\n\n{body}"

    def _docstring(self, title: str) -> str:
        task = load_labels()[f"task.{self.spec.task}.label"]
        words = [ast.get_docstring(ast.parse(_source(f"tricks.{name}"))) or "" for name in self.tricks]
        arms = (
            " and ".join(_plain(arm.name) for arm in self.spec.arms)
            if len(self.spec.arms) < 3
            else f"{len(self.spec.arms)} arms"
        )
        first = f"{title} on {task}: {arms}, from the same weights, on the same batches."
        second = (
            "Run it beside start.npz, by `uv run script.py` or with any Python that has torch and numpy. It prints how"
        )
        second += " the arms do, and writes every step to losses.csv."
        return 'r"""' + "\n\n".join([fill(first, WIDTH - 4), fill(second, WIDTH), *words]) + '\n"""'

    def _turns(self) -> list[str]:
        if not self.events:
            return []
        lines = ["TURNS = [  # from that step on, in that arm (none named: in all), that knob has that value"]
        for event in self.events:
            whose = "" if event.arm is None else self.spec.arms[event.arm].name
            lines.append(f"    ({event.step}, {_text(whose)}, {_text(event.name)}, {_text(event.value)}),")
        return [*lines, "]"]

    def _arms(self, strings: set[str]) -> str:
        lines = ["ARMS = {  # by name: the recipe, and the knobs it begins with"]
        for arm in self.spec.arms:
            recipe = "baseline()"
            for name in arm.tricks:
                recipe = f"{self._apply(name)}({recipe})"
            knobs = {name: value for name, value in arm.knobs.items() if name in strings}
            line = f"    {_text(arm.name)}: ({recipe}, {_written(knobs, 'SETTINGS')}),"
            if len(line) > WIDTH:
                line = line.replace(f"({recipe}, ", f"(\n        {recipe},\n        ")[:-2] + ",\n    ),"
            lines.append(line)
        return "\n".join([*lines, "}"])


def _facts_of_values(owner: str, values: Sequence[object]) -> dict[str, str]:
    """What is known of an expression that has one of these values in each arm."""
    first = values[0]
    if all(value is None for value in values):
        return {owner: "None"}
    facts = {}
    if all(value is not None for value in values):
        facts = {f"{owner} is not None": "True", f"{owner} is None": "False"}
    if isinstance(first, FunctionType) and "<" not in first.__qualname__ and all(value is first for value in values):
        facts[owner] = first.__name__
    return facts


def _facts_of_classes(models: Sequence[nn.Module]) -> dict[tuple[str, str], dict[str, str]]:
    """What is known of the layers' own attributes, by class: those that none of its instances has, or all have."""
    held: dict[type, list[nn.Module]] = {}
    for module in (module for model in models for module in model.modules()):
        for kind in type(module).__mro__:
            if kind.__module__.split(".")[0] in ("tricks", "trainers"):
                held.setdefault(kind, []).append(module)
    known: dict[tuple[str, str], dict[str, str]] = {}
    for kind, instances in held.items():
        text = module_of(kind.__module__).definitions[kind.__name__]
        stored = [
            node.attr
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        ]
        facts: dict[str, str] = {}
        for name in (name for name in set(stored) if stored.count(name) == 1):
            facts |= _facts_of_values(f"self.{name}", [getattr(one, name) for one in instances])
        known[kind.__module__, kind.__name__] = facts
    return known


def _of_batches(texts: Iterable[str]) -> dict[str, str]:
    """What is known of a batch, from what the pieces make of one."""
    stored = attributes(texts, ast.Store)
    facts = {f"batch.{name}": "None" for name in ("class_weights", "mixture") if ("Batch", name) not in stored}
    return facts if ("Batch", "targets") in stored else {**facts, "batch.is_hard": "True"}


def _header() -> str:
    pinned = ", ".join(f'"{name}=={version(name).split("+")[0]}"' for name in ("numpy", "torch"))
    return f'# /// script\n# requires-python = ">=3.11"\n# dependencies = [{pinned}]\n# ///'


def _source(module: str) -> str:
    spec = importlib.util.find_spec(module)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).read_text(encoding="utf-8")


def _joined(pieces: Sequence[str]) -> str:
    """Pieces one below the other: two blank lines about a function or a class, else one."""
    text = pieces[0]
    for before, piece in pairwise(pieces):
        is_large = any(re.search(r"^(def|class) ", one, re.MULTILINE) for one in (before, piece))
        text += ("\n\n\n" if is_large else "\n" if "\n" not in before + piece else "\n\n") + piece
    return text


def _sorted_imports(lines: Sequence[str]) -> str:
    """Lines of import as one writes them: the future's, the standard library's, the others."""
    groups: dict[bool, list[str]] = {True: [], False: []}
    for line in lines:
        groups[line.split()[1].split(".")[0] in sys.stdlib_module_names].append(line)
    blocks = [*("\n".join(group) for group in groups.values())]
    return "\n\n".join(blocks)


def _text(value: Value) -> str:
    return json.dumps(value, ensure_ascii=not value.isprintable()) if isinstance(value, str) else repr(value)


def _plain(name: str) -> str:
    """A name that a file of somebody's brought, without what could end the text it stands in."""
    return re.sub(r"[^\w =.,+-]", "?", name)


def _written(values: Mapping[str, Value], under: str = "") -> str:
    """A dictionary, on top of another (`under`)."""
    parts = [f"**{under}"] if under else []
    return "{" + ", ".join([*parts, *(f"{_text(name)}: {_text(value)}" for name, value in values.items())]) + "}"


def _settings(values: Mapping[str, Value]) -> str:
    line = f"SETTINGS = {_written(values)}"
    if len(line) <= WIDTH:
        return line
    return "\n".join(["SETTINGS = {", *(f"    {_text(name)}: {_text(value)}," for name, value in values.items()), "}"])


def lines_of_code(text: str) -> int:
    """The lines of a module that are neither blank, nor a comment, nor part of a docstring."""
    told: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            told |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = enumerate(text.splitlines(), start=1)
    return sum(number not in told and bool(re.match(r"\s*[^\s#]", line)) for number, line in lines)
