"""Every student a seed, every student a setting: the experiments of a room over its socket, to the verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from pages.lab.text import FALLBACK, load_words
from tests.pages.serving import connect
from tests.pages.talking import Page, Site
from tests.pages.test_kept import cookie_of
from tests.pages.test_room_site import (
    TRAINS,
    Guest,
    opened,
    room,
    site,
    store,
    student,
    teacher,
    token,
    token_of,
)
from trainers.wire.protocol import versioned

__all__ = ["room", "site", "store", "token"]  # fixtures
WORDS = load_words(FALLBACK)
QUERY = {"steps": "60", "width": "16", "train_size": "100", "eval_every": "20"}


@contextmanager
def shown(site: Site, desk: Guest) -> Iterator[Page]:
    """The teacher's run of the page, which the room shows."""
    address = f"ws://{site.host}{versioned('/lab/live')}"
    with connect(address, additional_headers=cookie_of("t"), compression=None) as own:
        page = Page(own)
        page.start(speed=20.0)
        page.until_step(2)
        desk.send("go", step=0, phase="run")
        desk.send("show", run=page.run)
        desk.until_state(lambda state: state["run"] == page.run)
        yield page


@TRAINS
def test_every_student_is_a_seed_to_the_verdict(site: Site) -> None:
    own = opened(site, page="flooding", query=QUERY)
    with teacher(site, own) as desk, teacher(site, own, "wall") as wall, ExitStack() as stack:
        token = token_of(site, desk.state["code"])
        phones = [stack.enter_context(student(site, token, number)) for number in (1, 2)]
        with shown(site, desk):
            offer = desk.until_state(lambda state: state["joined"] == 2 and state["offer"])["offer"]
            print(offer)
            desk.send("begin", step=0, what="seeds")
            told = wall.until_state(lambda state: state.get("experiment", {}).get("state") == "finished")
            print(json.dumps(told, indent=1)[:3000])
            for phone in phones:
                print(json.dumps(phone.until(lambda one: one["type"] == "tried"))[:600])
                print(phone.me)
