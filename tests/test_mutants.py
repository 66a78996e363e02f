"""The faults that `make mutants` puts in are of the code as it is."""

from __future__ import annotations

import pytest

from tests.mutants.faults import Fault, equivalents, given, line_of, read


@pytest.mark.parametrize("fault", given(), ids=lambda fault: fault.operator)
def test_a_given_fault_changes_its_line_alone(fault: Fault) -> None:
    before, after = read(fault.path).splitlines(), fault.put_into(read(fault.path)).splitlines()
    changed = [number for number, pair in enumerate(zip(before, after, strict=True), 1) if pair[0] != pair[1]]
    assert changed == [fault.line] and line_of(fault)


def test_what_is_said_to_change_nothing_is_said_of_a_line_there_is() -> None:
    for (path, line, _), because in equivalents().items():
        assert because and line in {text.strip() for text in read(path).splitlines()}
