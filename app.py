"""The app: Streamlit's pages, the live lab's routes, and the conductor of the runs, in one ASGI application.

Start it with `streamlit run app.py`.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import torch
from starlette.middleware import Middleware
from streamlit.starlette import App

from pages.lab import live_socket
from pages.lab.door import Door, Guard
from pages.lab.gate import Gate
from pages.lab.nodelay import send_at_once
from pages.lab.packing import Packing
from pages.lab.places import Places, told_at_start
from pages.lab.text import FALLBACK, labels_of_runs
from pages.lab.visitors import Cookies
from trainers.live.conductor import Conductor
from trainers.live.policy import Policy
from trainers.store.database import StoreError
from trainers.store.store import Store, open_store
from tricks import catalogue


def opened() -> tuple[Store | None, str]:
    """The store of the settings, or why nothing is kept: the lab is there without it."""
    try:
        return open_store(), ""
    except StoreError as error:
        return None, str(error)


torch.set_num_threads(1)
catalogue.every()  # so that the first preview does not wait for imports

store, not_kept = opened()
conductor = Conductor(Policy.from_environment(), store=store)
door = Door(labels_of_runs(FALLBACK), Places.from_settings())


@asynccontextmanager
async def lifespan(_app: App) -> AsyncIterator[None]:
    """Workers are there as long as the app is."""
    send_at_once()
    conductor.start()
    print(told_at_start(door.labels), flush=True)
    if not_kept:
        print(door.labels["start.not_kept"].format(why=not_kept), flush=True)
    try:
        yield
    finally:
        await asyncio.to_thread(conductor.stop)
        if store is not None:
            store.close()


app = App(
    "pages/main.py",
    routes=live_socket.routes(conductor, door, store),
    middleware=[Middleware(Gate, door=door), Middleware(Cookies), Middleware(Guard, door=door), Middleware(Packing)],
    lifespan=lifespan,
)

gc.collect()
gc.freeze()  # Streamlit collects after every script run: what is imported need not be looked through each time
