"""A listening socket on loopback that answers without delay."""

from __future__ import annotations

import socket


def listen(port: int) -> socket.socket:
    """Listen on a port of loopback; 0: any free one.

    The protocol is named, because asyncio switches Nagle's algorithm off only for sockets that
    name it; without that every small answer waits some 40 ms for the reader's acknowledgement.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(1024)
    return listening
