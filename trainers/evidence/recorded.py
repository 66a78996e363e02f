"""What was recorded of studies: raw rows and results as files, put together, read back, and made from each other.

The checked-in evidence is such files: two of each trick, and of the closing race, none of which has a word of another
trick, and one of the self-check. p values are corrected within a trick (see `summarize`), so nothing is adjusted over
the files.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainers.evidence.studies import (
    Row,
    Study,
    kin_of,
    summarize,
)
from trainers.runs.export import COLUMNS, cell
from trainers.runs.replay import refuse_constant
from trainers.runs.spec import COMBINE
from tricks import catalogue
from tricks.declaration import RefusedError, Value

if TYPE_CHECKING:
    import pandas as pd

FOLDER = Path(__file__).parent.parent.parent / "assets" / "evidence"
"""Where the checked-in evidence lies."""
VERSION = 1
PARQUET = ".parquet"
_ROW = ("run_id", "trick", "task", "arm")
_TEXT = (*_ROW, "minus", "metric")
_NUMBERS = ("seed", "step", "epoch", "elapsed_s", "lr", "mean", "sd", "low", "high", "n")
TABLES = {"table of seeds": (*_ROW, "seed", "step"), "summary": _TEXT}
"""The tables there are, and the columns that each of them has at least."""


def columns_of(rows: Sequence[Row]) -> list[str]:
    """All columns of the rows: those every run's CSV begins with, step metrics, test metrics, and the rest."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    first = [name for name in COLUMNS if name in names]
    return first + [name for name in names if name not in first]


def rows_csv(rows: Sequence[Row]) -> str:
    """Rows as CSV, like a run's: full precision, an empty cell for what an arm has not."""
    columns = columns_of(rows)
    lines = [columns, *(["" if row.get(name) is None else cell(row[name]) for name in columns] for row in rows)]  # type: ignore[arg-type]
    return "".join(",".join(line) + "\r\n" for line in lines)


def parse_rows(text: str) -> list[Row]:
    """The inverse of `rows_csv`, but for columns that a row had not: they are None."""
    return [_parse_row(row) for row in csv.DictReader(io.StringIO(text, newline=""), restval="")]


def read_table(path: Path, kind: str = "table of seeds") -> list[Row]:
    """The rows of one of `TABLES` that was written to a file, as Parquet or as CSV.

    Raises:
        RefusedError: it is another table, or none.
    """
    read = partial(_read_parquet, path) if path.name.endswith(PARQUET) else partial(_read_csv, _text_of(path))
    try:
        columns, rows = read()
    except (csv.Error, ValueError) as error:
        raise RefusedError(f"{path} must be a {kind}, as `evidence` writes it: {error}") from None
    missing = [name for name in TABLES[kind] if columns and name not in columns]
    if missing:
        raise RefusedError(f"{path} must be a {kind}, as `evidence` writes it: it has no column {missing[0]}")
    for name in columns:
        texts = [row[name] for row in rows if isinstance(row[name], str)] if _holds_numbers(name) else []
        if texts:
            raise RefusedError(
                f"{path} must be a {kind}, as `evidence` writes it: {name} must be numbers, got {texts[0]!r}"
            )
    return rows


def _holds_numbers(column: str) -> bool:
    return column in _NUMBERS or column.startswith(("train_", "test_"))


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # spreadsheets put a mark before it
    except UnicodeDecodeError as error:
        raise RefusedError(f"{path} must be UTF-8 text, byte {error.start} is not") from None


def _read_csv(text: str) -> tuple[list[str], list[Row]]:
    lines = [line for line in csv.reader(io.StringIO(text, newline="")) if line]
    columns = lines[0] if lines else []
    if any(len(line) != len(columns) for line in lines):
        raise ValueError("a row has more or fewer cells than the first line")
    return columns, [_parse_row(dict(zip(columns, line, strict=True))) for line in lines[1:]]


def _read_parquet(path: Path) -> tuple[list[str], list[Row]]:
    import pandas as pd
    from pyarrow import ArrowException

    content = path.read_bytes()
    if not content:
        return [], []
    try:
        frame = pd.read_parquet(io.BytesIO(content))
    except (OSError, LookupError, ArrowException) as error:  # of what is cut short or damaged, pyarrow says so
        raise ValueError(error) from None
    return list(frame), frame.astype(object).where(frame.notna(), None).to_dict("records")


def _parse_row(row: Mapping[str, str]) -> Row:
    return {name: _parse_cell(name, value) for name, value in row.items()}


def _parse_cell(name: str, value: str) -> Value | None:
    if not value:
        return None
    if name in _TEXT:
        return value
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def frame_of(rows: Sequence[Row]) -> pd.DataFrame:
    """Rows as a data frame; `frame_of(rows).to_parquet(file)` is the Parquet export."""
    import pandas as pd  # which nothing else needs of what reads the records as the app starts

    frame = pd.DataFrame(rows, columns=columns_of(rows))
    for name in frame:
        values = [row.get(name) for row in rows]
        if set(map(type, values)) == {int, type(None)}:  # which pandas makes fractions of
            frame[name] = pd.array(values, dtype="Int64")
    return frame


def summary_rows(summaries: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Summaries as rows: per metric each arm's mean, `sd`, interval and `n`, and each difference from the baseline.

    A difference has the baseline's name under `minus`, and what was judged of it.
    """
    rows: list[Row] = []
    for study in summaries:
        start: Row = {"run_id": study["id"], "trick": study["spec"]["trick"], "task": study["spec"]["task"]}
        for arm, metrics in study["arms"].items():
            rows += [{**start, "arm": arm, "minus": None, "metric": name, **found} for name, found in metrics.items()]
        for compared in study["comparisons"]:
            found = {name: value for name, value in compared.items() if name not in ("arm", "baseline", "metric")}
            rows.append(
                {**start, "arm": compared["arm"], "minus": compared["baseline"], "metric": compared["metric"], **found}
            )
    return rows


def new_results() -> dict[str, Any]:
    """The content of a results file without any study."""
    return {"version": VERSION, "self_check": None, "studies": []}


def place_of(trick: str) -> tuple[Path, Path]:
    """Where the results of a trick, or of `COMBINE`, are recorded, and their raw rows."""
    place = FOLDER / "studies" / trick
    return place.with_suffix(".json"), place.with_suffix(".csv")


def place_of_self_check() -> Path:
    """Where the self-check is recorded, as results without a study."""
    return FOLDER / "self_check.json"


def recorded_tricks() -> tuple[str, ...]:
    """The tricks of which something is recorded, in catalogue order, then `COMBINE`."""
    names = (*catalogue.NAMES, COMBINE)
    return tuple(name for name in names if all(path.is_file() for path in place_of(name)))


def recorded_files() -> tuple[Path, ...]:
    """The files of all that is recorded."""
    found = [path for trick in recorded_tricks() for path in place_of(trick)]
    return (*found, *filter(Path.is_file, (place_of_self_check(),)))


def read_recorded() -> tuple[dict[str, Any], list[Row]]:
    """All that is recorded, as one: its results, and its raw rows, each with the columns of all."""
    results, rows = new_results(), []
    for trick in recorded_tricks():
        told, raw = place_of(trick)
        results["studies"] += parse_results(told.read_text(encoding="utf-8"), told.name)["studies"]
        rows += parse_rows(raw.read_text(encoding="utf-8"))
    check = place_of_self_check()
    if check.is_file():
        results["self_check"] = parse_results(check.read_text(encoding="utf-8"), check.name)["self_check"]
    columns = columns_of(rows)
    return results, [{name: row.get(name) for name in columns} for row in rows]


def _of_study(study: Mapping[str, Any]) -> tuple[str, str]:
    return kin_of(study["id"], study["spec"]["trick"], study["spec"]["task"])


def _of_row(row: Row) -> tuple[str, str]:
    return kin_of(str(row["run_id"]), str(row["trick"]), str(row["task"]))


def merge(results: Mapping[str, Any], summaries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`results` with all studies of the same tricks replaced, in catalogue order; one set by somebody by itself."""
    renewed = set(map(_of_study, summaries))
    kept = [study for study in results["studies"] if _of_study(study) not in renewed]
    order = {name: number for number, name in enumerate(catalogue.NAMES)}
    found = sorted([*kept, *summaries], key=lambda study: order.get(study["spec"]["trick"], len(order)))
    return {**results, "studies": found}


def merge_rows(rows: Sequence[Row], new: Sequence[Row]) -> list[Row]:
    """`rows` with all those of the same studies replaced, as `merge` does, in catalogue order."""
    renewed = set(map(_of_row, new))
    order = {name: number for number, name in enumerate(catalogue.NAMES)}
    found = [*(row for row in rows if _of_row(row) not in renewed), *new]
    return sorted(found, key=lambda row: order.get(str(row["trick"]), len(order)))


def recompute(results: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, Any]:
    """`results` with every number made again from the raw rows: the same where nobody has edited either."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for study in results["studies"]:
        groups.setdefault(_of_study(study), []).append(study)
    made: list[dict[str, Any]] = []
    for group in groups.values():
        again = summarize([Study.from_json(study) for study in group], rows)
        made += [{**new, "made": old.get("made")} for old, new in zip(group, again, strict=True)]
    return {**results, "studies": made}


def results_json(results: Mapping[str, Any]) -> str:
    """A results file's text."""
    return json.dumps(results, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_results(path: Path) -> dict[str, Any]:
    """The results in a file.

    Raises:
        RefusedError: it holds something else.
    """
    return parse_results(_text_of(path), str(path))


def parse_results(text: str, where: str) -> dict[str, Any]:
    """The inverse of `results_json`.

    Raises:
        RefusedError: it is no results file of this version, or one of its studies is none.
    """
    try:
        data = json.loads(text, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        raise RefusedError(f"{where}, line {error.lineno}: {error.msg}") from None
    except RecursionError:
        raise RefusedError(f"{where} must be a results file, it is nested too deeply") from None
    except ValueError as error:
        raise RefusedError(f"{where}: {error}") from None
    if not isinstance(data, dict) or data.get("version") != VERSION or not isinstance(data.get("studies"), list):
        raise RefusedError(f"{where} must be a results file of version {VERSION}")
    for number, study in enumerate(data["studies"]):
        try:
            Study.from_json(study)
            summary_rows([study])
            hash(_of_study(study))
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            told = f"{type(error).__name__}: {error}"
            raise RefusedError(f"{where}: studies[{number}] must be a study, as `evidence` writes it; {told}") from None
    return data
