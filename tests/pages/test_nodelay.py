"""Connections that send at once."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from unittest.mock import Mock

import pytest

from pages.lab import nodelay


def is_at_once(connection: socket.socket) -> bool:
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


listed = pytest.mark.skipif(not nodelay.DESCRIPTORS.is_dir(), reason="the system does not list what is open")


@listed
def test_what_a_listening_socket_accepts_sends_at_once_and_nothing_else_is_touched() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client, server.accept()[0] as accepted:
            assert not is_at_once(accepted)
            nodelay.send_at_once()
            assert not is_at_once(client)
        with socket.create_connection(server.getsockname()), server.accept()[0] as accepted:
            assert is_at_once(accepted)


def test_where_the_system_lists_nothing_nothing_happens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(nodelay, "DESCRIPTORS", tmp_path / "missing")
    nodelay.send_at_once()


@listed
def test_the_app_asks_for_it_before_it_takes_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    import app

    monkeypatch.setattr(app, "conductor", Mock())

    async def serve() -> bool:
        with socket.create_server(("127.0.0.1", 0)) as server:
            async with app.lifespan(app.app):
                with socket.create_connection(server.getsockname()), server.accept()[0] as accepted:
                    return is_at_once(accepted)

    assert asyncio.run(serve())
