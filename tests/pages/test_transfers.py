"""Files of runs over HTTP: what comes into a library and out of it, whose it is, and what is refused."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request as Asked
from urllib.request import urlopen

import pyarrow.parquet as pq
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from pages.lab import places, transfers
from pages.lab.door import Door
from pages.lab.files import paths
from pages.lab.gate import Gate
from pages.lab.shelf import HEADER, Shelf
from pages.lab.text import FALLBACK, load_words
from pages.lab.transfers import Transfers
from tests.limits import WAIT_S
from tests.pages.serving import connect_raw, served
from trainers.evidence.plan import plan_repeat
from trainers.kinds.run import Run, empty_history
from trainers.live.visitor import Visitor
from trainers.runs.build import build_spec
from trainers.runs.export import csv_text, replay_json, runs_csv
from trainers.runs.history import History
from trainers.store import archive
from trainers.store.archive import read_archive, write_archive
from trainers.store.library import LOCAL, Library
from trainers.store.parcel import LEFT_OUT
from trainers.store.recording import Now, Recording
from trainers.store.store import Store
from trainers.store.study_recording import StudyNow, StudyRecording
from trainers.takeaway.forms import FORMS
from tricks.declaration import RefusedError

WORDS = load_words(FALLBACK)
MINE, OTHERS = "m" * 32, "o" * 32
RUN = "0123456789abcdef"
MOST = 2**20  # bytes that a test lets an archive hold


@pytest.fixture(scope="module")
def made() -> History:
    history = empty_history(build_spec("flooding", steps=12, values={"flood_level": 0.4, "eval_every": 4}))
    history.append(Run(history.spec).advance(WAIT_S))
    return history


@pytest.fixture(scope="module")
def packed(made: History, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The archive of that run, from another lab."""
    other = Store(tmp_path_factory.mktemp("elsewhere"))
    other.write([(Recording(RUN, "somebody", "a <b>bold</b> name"), Now(made, "finished"))])
    kept = other.load(RUN)
    assert kept is not None
    content = write_archive(kept.whole())
    other.close()
    return content


@dataclass(frozen=True)
class Site:
    """The routes behind the gate, with the store behind them."""

    host: str
    store: Store

    def ask(self, path: str, body: bytes | None = None, secret: str = MINE, **headers: str) -> tuple[int, Any, bytes]:
        told = {HEADER: secret, **{name.replace("_", "-"): value for name, value in headers.items()}}
        method = "GET" if body is None else "POST"
        try:
            with urlopen(Asked(f"http://{self.host}{path}", body, told, method=method), timeout=WAIT_S) as found:
                return found.status, found.headers, found.read()
        except HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def bring(self, name: str, data: bytes, secret: str = MINE, **headers: str) -> tuple[int, str]:
        asked = f"{paths()['archive']}?{urlencode({'name': name})}"
        status, _, body = self.ask(asked, data, secret, **headers)
        return status, body.decode()

    def take(self, *ids: str, secret: str = MINE, form: str = "", **headers: str) -> tuple[int, Any, bytes]:
        asked = {"ids": ",".join(ids), **({"form": form} if form else {})}
        return self.ask(f"{paths()['archive']}?{urlencode(asked)}", None, secret, **headers)

    def keep(self, history: History, public_id: str, secret: str = MINE) -> None:
        self.store.write([(Recording(public_id, Visitor.of(secret).id), Now(history, "finished"))])

    def library(self, secret: str = MINE) -> Library:
        return Library(self.store, [secret if secret == LOCAL else Visitor.of(secret).id])

    def ids(self, secret: str = MINE) -> list[str]:
        return [card.public_id for card in self.library(secret).page().cards]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.delenv(places.PUBLIC_URL, raising=False)
    store = Store(tmp_path)
    at = paths()
    routes = [
        Route(at["archive"], Transfers(store).answer, methods=["GET", "POST"]),
        Route(at["library"], Shelf(store).answer, methods=["GET", "PATCH"]),
    ]
    with served(Starlette(routes=routes, middleware=[Middleware(Gate, door=Door(WORDS.labels))])) as host:
        yield Site(host, store)
    store.close()


# --- what comes --------------------------------------------------------------------------------------------------


def test_an_archive_becomes_a_run_of_who_brings_it_and_of_nobody_else(site: Site, packed: bytes, made: History) -> None:
    status, body = site.bring("flooding.zip", packed)
    told = json.loads(body)
    assert (status, told["new"], told["card"]["id"], told["card"]["state"]) == (200, True, RUN, "finished")
    assert told["card"]["imported"] and told["card"]["open"] == f"/flooding?run={RUN}"
    assert told["card"]["name"] == "a <b>bold</b> name"
    assert site.ids() == [RUN] and site.ids(OTHERS) == []
    kept = site.store.load(RUN)
    assert kept is not None and csv_text(kept.history, RUN) == csv_text(made, RUN)


def test_what_is_here_already_is_not_kept_twice(site: Site, packed: bytes, made: History) -> None:
    rows, settings = csv_text(made, RUN).encode(), replay_json(made.spec, made.events, made={}).encode()
    first = [json.loads(site.bring(*file)[1]) for file in (("a.zip", packed), ("b.csv", rows), ("c.json", settings))]
    again = [json.loads(site.bring(*file)[1]) for file in (("x.zip", packed), ("y.csv", rows), ("z.json", settings))]
    assert [one["new"] for one in (*first, *again)] == [True, False, True, False, False, False]
    assert [one["card"]["id"] for one in first] == [one["card"]["id"] for one in again]
    assert len(site.ids()) == 2
    theirs = [json.loads(site.bring(*file, OTHERS)[1]) for file in (("a.zip", packed), ("c.json", settings))]
    assert [one["new"] for one in theirs] == [True, True]  # a library is one's own, and so are the ids
    assert not {one["card"]["id"] for one in theirs} & set(site.ids())
    assert [json.loads(site.bring("a.zip", packed, OTHERS)[1])["new"] for _ in range(2)] == [False, False]
    site.library().delete([RUN])
    told = json.loads(site.bring("a.zip", packed)[1])
    assert not told["new"] and told["card"]["deleted"]


def test_a_run_of_that_id_which_is_another_stays_as_it_is(site: Site, packed: bytes, made: History) -> None:
    other = empty_history(build_spec("flooding", steps=12, values={"flood_level": 0.4, "eval_every": 4}, seed=9))
    site.keep(other, RUN)
    told = json.loads(site.bring("a.zip", packed)[1])
    assert told["new"] and told["card"]["id"] != RUN
    kept = site.store.load(RUN)
    assert kept is not None and kept.history.step == 0 and kept.history.spec.seed == 9


def spoiled_manifest(packed: bytes) -> bytes:
    return rezipped(packed, lambda name, data: data.replace(b'"step": 12', b'"step": 1e999') if "man" in name else data)


def rezipped(packed: bytes, change: Callable[[str, bytes], bytes], **others: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as file, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as into:
        for name in file.namelist():
            into.writestr(name, change(name, file.read(name)))
        for name, data in others.items():
            into.writestr(name, data)
    return buffer.getvalue()


HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "truncated": lambda packed: packed[:-9],
    "edited": lambda packed: rezipped(packed, lambda name, data: data + b" " if name == "run.json" else data),
    "bomb": lambda packed: rezipped(
        packed, lambda name, data: bytes(archive.MAX_UNPACKED + 1) if name == "run.csv" else data
    ),
    "paths": lambda packed: rezipped(packed, lambda _, data: data, **{"../../evil": b""}),
    "huge numbers": spoiled_manifest,
    "deep": lambda _: b"[" * 100_000,
    "wrong types": lambda _: b'{"spec": {"trick": ["<script>"], "steps": "many"}, "events": 7}',
    "a pickle": lambda _: b"\x80\x04\x95\x0e\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
    "a page": lambda _: b"<html><script>alert(1)</script></html>",
    "binary": lambda _: bytes(range(256)) * 40,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_that_is_none_is_refused_in_a_sentence(
    site: Site, packed: bytes, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED", MOST)
    status, body = site.bring('<img src=x onerror="alert(1)">.zip', HOSTILE[kind](packed))
    assert status == 400 and body.startswith('<img src=x onerror="alert(1)">.zip') and len(body) < 600
    assert "Traceback" not in body and site.ids() == []


def test_what_is_refused_is_text_and_no_page(site: Site) -> None:
    _, headers, _ = site.ask(f"{paths()['archive']}?name=%3Cb%3E", b"no run")
    assert headers["content-type"].startswith("text/plain") and headers["x-content-type-options"] == "nosniff"
    status, body = site.bring("../" * 300 + "etc/passwd", b"no run")
    assert status == 400 and len(body) < 600


def test_the_gate_stands_before_it_and_lets_in_no_more_than_a_file(
    site: Site, packed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert site.bring("a.zip", packed, origin="https://evil.example")[0] == 403
    assert site.bring("a.zip", packed, host="evil.example")[0] == 400
    assert site.bring("a.zip", packed, origin=f"http://{site.host}")[0] == 200
    at = paths()["archive"]
    most = archive.MAX_FILE
    refused = talk(site, f"POST {at} HTTP/1.1\r\nHost: {site.host}\r\nContent-Length: {most + 1}\r\n\r\n")
    assert b" 413 " in refused and f"at most {most} bytes".encode() in refused  # before any of it has come
    assert b" 413 " in talk(site, f"POST /lab/library HTTP/1.1\r\nHost: {site.host}\r\nContent-Length: 65537\r\n\r\n")
    monkeypatch.setattr("trainers.store.archive.MAX_FILE", 1000)
    assert "must be at most" in site.bring("a.zip", packed)[1]


def talk(site: Site, told: str) -> bytes:
    """What is answered to that before the rest of it comes."""
    with connect_raw(site.host) as connection:
        connection.sendall(told.encode())
        found = b""
        while b"\r\n\r\n" not in found or not found.split(b"\r\n\r\n", 1)[1]:
            found += connection.recv(4096)
        return found


def test_a_file_that_does_not_come_is_given_up_and_others_come_meanwhile(
    site: Site, packed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = (
        f"POST {paths()['archive']}?name=a HTTP/1.1",
        f"Host: {site.host}",
        f"{HEADER}: {MINE}",
        "Content-Length: 9",
    )
    begun = "\r\n".join((*heads, "", ""))
    with connect_raw(site.host) as slow:
        slow.sendall(begun.encode())
        assert site.bring("a.zip", packed)[0] == 200
    monkeypatch.setattr(transfers, "WITHIN_S", 0.05)
    answer = talk(site, begun)
    assert b" 408 " in answer and b"did not come within" in answer
    assert site.ids() == [RUN]


def test_who_is_not_known_brings_nothing_but_to_the_command_line_of_this_machine(site: Site, packed: bytes) -> None:
    status, body = site.bring("a.zip", packed, "", via="a proxy")
    assert status == 400 and HEADER in body
    assert site.bring("a.zip", packed, "")[0] == 200 and site.ids(LOCAL) == [RUN]
    assert json.loads(site.bring("a.zip", packed)[1])["new"] is False  # it is shown to who sits there


def test_without_a_store_or_in_trouble_it_says_why(site: Site, packed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    site.store.database.read_only = "lab.sqlite cannot be written"
    assert site.bring("a.zip", packed) == (503, "lab.sqlite cannot be written")
    site.store.database.read_only = ""
    monkeypatch.setenv("TRICK_LAB_STORE", "off")
    with served(Starlette(routes=[Route(paths()["archive"], Transfers(None).answer, methods=["GET", "POST"])])) as host:
        other = Site(host, site.store)
        assert other.bring("a.zip", packed) == (503, WORDS["library.off"])
        assert other.take()[0] == 503


# --- what goes ---------------------------------------------------------------------------------------------------


def test_one_run_goes_as_its_archive_and_comes_back(site: Site, packed: bytes) -> None:
    site.bring("a.zip", packed)
    status, headers, body = site.take(RUN)
    assert (status, headers["content-type"], body) == (200, "application/zip", packed)
    assert headers["content-disposition"] == f'attachment; filename="flooding-{RUN}.zip"'


def test_many_go_as_one_zip_of_archives_and_what_has_none_is_said(site: Site, packed: bytes, made: History) -> None:
    site.bring("a.zip", packed)
    site.keep(made, "two")
    site.keep(made, "binned")
    site.keep(made, "theirs", OTHERS)
    site.library().delete(["binned"])
    plan = plan_repeat(build_spec("flooding", steps=12), 4)
    site.store.write([(StudyRecording("many", Visitor.of(MINE).id), StudyNow(plan, "running", ()))])
    status, headers, body = site.take()
    assert status == 200 and headers["content-disposition"].startswith('attachment; filename="trick-lab-')
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        assert sorted(file.namelist()) == [f"flooding-{RUN}.zip", "flooding-two.zip", LEFT_OUT]
        assert file.testzip() is None and file.read(f"flooding-{RUN}.zip") == packed
        assert (
            file.read(LEFT_OUT).decode()
            == "many: a repeat over seeds is exported by itself, as its CSV, Parquet or JSON\n"
        )
    with zipfile.ZipFile(io.BytesIO(site.take(RUN, "two")[2])) as file:
        assert sorted(file.namelist()) == [f"flooding-{RUN}.zip", "flooding-two.zip"]
    assert len(site.take(secret=OTHERS)[2]) < len(body)


def test_nothing_of_others_goes_out(site: Site, made: History) -> None:
    site.keep(made, "mine")
    site.keep(made, "theirs", OTHERS)
    for ids in (["theirs"], ["mine", "theirs"], ["none"]):
        status, _, body = site.take(*ids)
        assert status == 400 and b"no such run or study of yours" in body
    status, _, body = site.take(*map(str, range(201)))
    assert status == 400 and b"at most 200" in body
    status, _, body = site.take("mine", secret="", via="a proxy")
    assert status == 400 and HEADER.encode() in body


def test_a_run_goes_in_every_form(site: Site, packed: bytes, made: History) -> None:
    site.bring("a.zip", packed)
    taken = {}
    for name, form in FORMS.items():
        status, headers, taken[name] = site.take(RUN, form=name)
        assert status == 200 and headers["content-type"].partition(";")[0] == form.media, taken[name]
        assert headers["content-disposition"] == f'attachment; filename="flooding-{RUN}{form.ending}"'
        assert headers["cache-control"] == "no-store"
    rows = csv_text(made, RUN)
    assert taken["csv"].decode() == rows and taken["sheet"].decode("utf-8-sig") == rows
    assert taken["comma"].decode("utf-8-sig").splitlines()[0] == rows.splitlines()[0].replace(",", ";")
    assert pq.read_table(io.BytesIO(taken["parquet"])).num_rows == 24
    assert taken["json"].decode() == replay_json(made.spec, made.events, made=json.loads(taken["json"])["provenance"])
    begins = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG", "script": b"PK", "tensorboard": b"PK"}
    assert {name: taken[name][: len(begin)] for name, begin in begins.items()} == begins
    assert taken["archive"] == packed and read_archive(taken["bundle"]).public_id == RUN
    with zipfile.ZipFile(io.BytesIO(taken["script"])) as file:
        assert sorted(file.namelist()) == ["script.ipynb", "script.py", "start.npz"]


def test_several_runs_go_into_one_file_or_it_is_said_why_not(
    site: Site, made: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = empty_history(build_spec("flooding", seed=1, steps=12, values={"flood_level": 0.4, "eval_every": 4}))
    other.append(Run(other.spec).advance(WAIT_S))
    site.keep(made, "one")
    site.keep(other, "two")
    site.keep(empty_history(build_spec("dropout", steps=9)), "three")
    status, headers, body = site.take("one", "two", form="csv")
    assert status == 200 and body.decode() == "".join(runs_csv([(made, "one"), (other, "two")]))
    assert headers["content-disposition"].startswith('attachment; filename="trick-lab-')
    assert site.take("two", "one", form="svg")[2].startswith(b"<?xml")
    assert site.take("one", "three", form="svg")[::2] == (
        400,
        b"a figure of several runs must be of runs that differ in their seeds alone",
    )
    assert site.take("three", form="png")[::2] == (400, b"a figure must be of a run that has made a step")
    assert site.take("one", "two", form="script")[::2] == (
        400,
        b"a file that ends in .script.zip must be of one run, got 2",
    )
    for one in FORMS.values():
        with pytest.raises(RefusedError, match=r"must be of (one run|1 to \d+ runs), got 0"):
            one.parts([])
    for form in FORMS:  # a run that has made no step has no figure and no script, and all else
        assert site.take("three", form=form)[0] == (400 if form in ("svg", "pdf", "png", "script") else 200)
    status, _, body = site.take("one", form="xlsx")
    assert status == 400 and b"form must be one of csv, json, sheet" in body and b"got xlsx" in body
    monkeypatch.setattr(transfers, "MOST_ROWS", 30)
    status, _, body = site.take("one", "two", form="csv")
    assert status == 400 and b"must have at most 30 rows together" in body
    monkeypatch.setattr(transfers, "MOST_RUNS", 1)
    status, _, body = site.take("one", "two", form="parquet")
    assert status == 400 and b"of at most 1 runs, got 2" in body


def test_a_whole_library_is_taken_out_in_pages(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    history = empty_history(build_spec("flooding", steps=12))
    for number in range(7):
        site.keep(history, f"r{number}")
    monkeypatch.setattr(transfers, "MAX_PAGE", 3)
    with zipfile.ZipFile(io.BytesIO(site.take()[2])) as file:
        assert sorted(file.namelist()) == [f"flooding-r{number}.zip" for number in range(7)]
