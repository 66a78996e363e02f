"""A port of this machine on which a server is to listen that has not been started yet."""

from __future__ import annotations

import socket


def hold_port(host: str = "127.0.0.1") -> socket.socket:
    """A socket whose port nobody else is given while it is open: a server comes up for seconds, and others beside it.

    The server itself listens there all the same: both say that they share the address, and this one does not listen.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((host, 0))
    return held
