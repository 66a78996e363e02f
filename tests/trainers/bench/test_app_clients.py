"""The clients that the benchmark has of the app speak Streamlit's language, and its page is a page."""

from __future__ import annotations

import json
import threading
import time

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.server import ServerConnection, serve

from tests.limits import WAIT_S
from trainers.bench import app
from trainers.bench.app import FINISHED, App, Crowd, LiveClient, fields_of, rerun, serving, visit
from trainers.bench.subjects import LEVEL, TRICK
from trainers.wire.frames import encode


def test_a_page_is_asked_for_in_streamlits_form() -> None:
    message = BackMsg()
    message.ParseFromString(rerun(TRICK))
    assert message.rerun_script.page_name == TRICK
    assert message.ByteSize() == len(rerun(TRICK))


def test_the_end_of_a_page_is_seen_in_streamlits_form() -> None:
    message = ForwardMsg(hash="x" * 300)
    message.metadata.delta_path.extend([1, 70_000])
    assert fields_of(message.SerializeToString()) == [1, 2]
    message.script_finished = ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY
    assert fields_of(message.SerializeToString()) == [1, 2, FINISHED]
    assert fields_of(bytes([1 << 3 | 1, *range(8), 2 << 3 | 5, *range(4), 3 << 3 | 0, 200, 1])) == [1, 2, 3]


def test_an_app_that_ends_at_once_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRICK_LAB_WORKERS", "none")
    with pytest.raises(RuntimeError, match="ended with 1 before"), serving():
        pass


def test_a_crowd_that_cannot_come_is_told() -> None:
    with pytest.raises(RuntimeError, match="could not be opened"), Crowd(App(0, 1), 2, together=True):
        pass


def test_a_crowd_comes_once_the_run_of_its_first_makes_steps() -> None:
    told: list[str] = []

    def play(connection: ServerConnection) -> None:
        told.append(json.loads(connection.recv())["type"])
        for step in (0, 1):
            connection.send(encode({"type": "rows", "run": "r", "step": step}, ()))
            connection.recv()
            if step == 0:
                time.sleep(0.1)  # in which a crowd that does not wait would come
                told.append("made a step")
        for _ in connection:
            pass

    with serve(play, "127.0.0.1", 0) as server:
        playing = threading.Thread(target=server.serve_forever)
        playing.start()
        try:
            with Crowd(App(0, server.socket.getsockname()[1]), 2, together=True) as crowd:
                assert told == ["start", "made a step", "attach", "made a step"] and crowd.frames == [0, 0]
        finally:
            server.shutdown()
            playing.join()


@pytest.mark.long
def test_pages_turns_and_crowds_of_a_served_app(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as served:
        assert visit(served) > 0
        with LiveClient.open(served) as client:
            client.send({"type": "pause"})
            with pytest.raises(RuntimeError, match="must not be refused: pause needs a run"):
                client.take("rows")
            client.send({**app.START, "paused": True})
            assert client.take("snapshot")["state"] == "paused"
            client.send({"type": "resume"})
            assert client.delay_of_turn(LEVEL, 0.25) > 0
        with Crowd(served, 3, together=True) as together, Crowd(served, 2, together=False) as apart:
            apart.tell({"type": "pause"})
            deadline = time.monotonic() + WAIT_S
            while min(together.frames) < 2 and time.monotonic() < deadline:
                time.sleep(0.05)
            assert min(together.frames) >= 2 and together.num_bytes > 0
        monkeypatch.setattr(app, "LIVE", "/lab/nothing")
        with pytest.raises(RuntimeError, match="must have a live lab"):
            visit(served)
