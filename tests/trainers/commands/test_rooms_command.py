"""`python -m trainers rooms`: what is kept of classes is listed, written to files and deleted."""

from __future__ import annotations

import csv
import json
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.trainers.teaching.taught import room_of
from trainers.__main__ import main
from trainers.store.database import Database
from trainers.teaching.room_record import KeptRooms, changed


@pytest.fixture
def rooms(data: Path) -> list[str]:
    """The ids of two rooms: one with a vote that was closed a minute ago, and a newer one that is open."""
    now, made = time.time(), []
    for name, opened_at in (("aaaa1111", now - 600), ("aaaa2222", now - 60)):
        room = room_of(2)
        room.id = room.token = name
        room.created_at = room.touched_at = opened_at
        vote = room.open_vote(opened_at)
        room.answer(1, vote.number, 1, opened_at + 1)
        made.append(room)
    made[0].close(now - 60)
    with closing(Database(data)) as database:
        KeptRooms(database).write([changed(room) for room in made])
    return [room.id for room in made]


def test_rooms_are_listed_the_newest_first(
    rooms: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["rooms", "list"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["total"] == 2 and [one["id"] for one in told["rooms"]] == rooms[::-1]
    assert [one["closed_at"] is None for one in told["rooms"]] == [True, False] and told["rooms"][0]["people"] == 2
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert main(["rooms", "list"]) == 0
    head, newer, older, last = capsys.readouterr().out.splitlines()
    assert head.split() == ["id", "opened", "closed", "goes", "people", "lesson"] and last == "2 in all"
    assert newer.startswith(rooms[1]) and older.startswith(rooms[0]) and older.split()[-3:] == ["2", "A", "lesson"]


@pytest.mark.usefixtures("rooms")
def test_an_empty_id_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    for action in (["delete", ""], ["export", "", "--csv", "-"]):
        assert main(["rooms", *action]) == 2
        assert "a room's id must be the beginning of one, or last, got ''" in capsys.readouterr().err


def test_what_came_of_a_room_is_written(rooms: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain, sheet = tmp_path / "class.csv", tmp_path / "sheet.csv"
    assert main(["rooms", "export", rooms[0], "--csv", str(plain), "--spreadsheet", str(sheet)]) == 0
    assert sheet.read_bytes() == b"\xef\xbb\xbf" + plain.read_bytes()
    rows = list(csv.DictReader(plain.read_text(encoding="utf-8").splitlines()))
    assert sorted(row["said"] for row in rows if row["step"] == "1") == ["", "flooding"]
    assert main(["rooms", "export", "last", "--csv", "-"]) == 0
    assert capsys.readouterr().out.startswith("lesson,opened_at,")


def test_a_full_disk_under_one_file_keeps_the_other_from_nothing(
    rooms: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "sheet.csv"
    assert main(["rooms", "export", rooms[0], "--csv", "/dev/full", "--spreadsheet", str(sheet)]) == 1
    assert "/dev/full could not be written" in capsys.readouterr().err and sheet.read_bytes()


def test_a_closed_room_is_deleted_and_an_open_one_is_not(
    rooms: list[str], data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rooms", "delete", rooms[0]]) == 0
    assert main(["rooms", "delete", "last"]) == 2
    assert "a room must be closed before it is deleted here, aaaa2222 is open" in capsys.readouterr().err
    with closing(Database(data)) as database:
        assert [room.id for room in KeptRooms(database).load()] == rooms[1:]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["export", "aaaa", "--csv", "-"], "several rooms begin with 'aaaa': aaaa2222, aaaa1111"),
        (["export", "b", "--csv", "-"], "there is no room whose id begins with 'b'"),
        (["export", "last"], "export must be told where to: --csv, --spreadsheet"),
        (["export", "last", "--csv", "nowhere/x.csv"], "--csv must name a file in a folder that exists"),
        (["delete", "b"], "there is no room whose id begins with 'b'"),
    ],
)
def test_wrong_usage_is_told(
    rooms: list[str], capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["rooms", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_without_any_room_there_is_none(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rooms", "list"]) == 0
    assert json.loads(capsys.readouterr().out) == {"total": 0, "rooms": []}
    assert main(["rooms", "export", "last", "--csv", "-"]) == 2
    assert "there is no room" in capsys.readouterr().err
