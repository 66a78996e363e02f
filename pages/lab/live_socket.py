"""What the live lab's component talks to: the live socket, exports, and the files it loads, as Starlette routes."""

from __future__ import annotations

from contextlib import suppress

from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from pages.lab.door import Door
from pages.lab.exports import Exports
from pages.lab.files import ASSETS, Assets, page_path, paths, plotly_js
from pages.lab.lesson_pages import LessonPages
from pages.lab.moving import Moving
from pages.lab.room_doors import RoomDoors
from pages.lab.room_pages import RoomPages
from pages.lab.room_reports import RoomReports
from pages.lab.room_socket import RoomSockets
from pages.lab.rooms import Rooms
from pages.lab.run_links import Sharing
from pages.lab.shared import Lab
from pages.lab.shelf import Shelf
from pages.lab.transfers import Transfers
from pages.lab.viewer import Viewer
from pages.lab.visitors import Limits, address_of, reason_of, visitor_of
from trainers.live.conductor import Conductor
from trainers.store.store import Store
from trainers.wire.messages import OLDER, TOO_MUCH, ClosedError
from trainers.wire.protocol import VERSION


class LiveSocket:
    """The endpoint of the live socket, for those whom `door` lets in."""

    def __init__(self, lab: Lab, door: Door) -> None:
        self._lab, self._door = lab, door
        self._limits = Limits()

    async def serve(self, websocket: WebSocket) -> None:
        """Talks with a page until one of the two has enough."""
        origin, host = (websocket.headers.get(name) for name in ("origin", "host"))
        await websocket.accept()
        if self._door.refusal(origin, host):  # a refused handshake could not tell the page why
            await websocket.close(TOO_MUCH, reason_of(self._lab.labels["live.foreign"].format(host=host)))
            return
        if websocket.query_params.get("v") != str(VERSION):
            await websocket.close(OLDER, self._lab.labels["live.older"])
            return
        address = address_of(websocket)
        visitor = visitor_of(websocket)
        try:
            with self._limits.socket(visitor, address):
                await Viewer(self._lab, websocket, visitor).serve()
        except ClosedError as error:
            with suppress(WebSocketDisconnect, RuntimeError):  # it has left already
                await websocket.close(error.code, reason_of(error))


def routes(conductor: Conductor, door: Door, store: Store | None = None) -> list[BaseRoute]:
    """The live lab's routes, for those whom `door` lets in; it answers in the words of the door.

    Without a `store` nothing is kept.
    """
    lab, at = Lab(conductor, door.labels), paths()
    rooms = Rooms(store, lab)
    lesson_pages = LessonPages()
    doors, room_pages, reports = RoomDoors(rooms), RoomPages(rooms), RoomReports(rooms)
    return [
        WebSocketRoute(at["socket"], LiveSocket(lab, door).serve),
        Route(f"{at['export']}/{{name}}", Exports(lab).answer),
        Route(at["library"], Shelf(store).answer, methods=["GET", "PATCH"]),
        Route(at["share"], Sharing(lab, store).answer, methods=["GET", "POST", "DELETE"]),
        Route(at["move"], Moving(lab, store).answer, methods=["POST"]),
        Route(at["archive"], Transfers(store).answer, methods=["GET", "POST"]),
        WebSocketRoute(at["room"], RoomSockets(lab, rooms).serve),
        Route(at["rooms"], doors.open, methods=["POST"]),
        Route(at["rooms"], reports.listed),
        Route(f"{at['rooms']}/join", doors.join, methods=["POST"]),
        Route(f"{at['rooms']}/desk", doors.desk, methods=["POST"]),
        Route(f"{at['rooms']}/{{room}}/pair", doors.pair, methods=["POST"]),
        Route(f"{at['rooms']}/{{room}}", doors.delete, methods=["DELETE"]),
        Route(f"{at['rooms']}/{{room}}/{{form}}", reports.table),
        Route(page_path("report/{room}"), reports.report),
        Route(f"{at['lessons']}/{{name}}/{{step}}", lesson_pages.step),
        Route(page_path("lesson/{name}"), lesson_pages.take),
        Route(page_path("join"), room_pages.join),
        Route(page_path("room/{token}"), room_pages.student),
        Route(page_path("wall/{room}"), room_pages.wall),
        Route(page_path("desk/{room}"), room_pages.desk),
        Route(at["door"], door.answer),
        Route(at["plotly"], plotly_js),
        Mount(at["assets"], Assets(directory=ASSETS)),
    ]
