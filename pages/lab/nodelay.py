"""What the app's web server does not ask of its connections: to send at once."""

from __future__ import annotations

import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

DESCRIPTORS = Path("/dev/fd")  # where the system lists what this process has open


def send_at_once() -> None:
    """Has every connection send what is written to it at once; it inherits this from the socket that accepts it.

    Streamlit's server does not ask for it, and the second of two small writes (a body after its header, a frame after a
    frame) then waits for up to 40 ms, until the browser has confirmed the first.
    """
    for entry in DESCRIPTORS.iterdir() if DESCRIPTORS.is_dir() else ():
        with suppress(OSError):  # one is that of the listing, and closed by now
            if not stat.S_ISSOCK(os.fstat(int(entry.name)).st_mode):
                continue
            with socket.socket(fileno=os.dup(int(entry.name))) as each:
                if each.type == socket.SOCK_STREAM and each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
