"""Where the demo listens: the portal at a port that is chosen, its Stripe where it was before."""

from __future__ import annotations

import socket
from errno import EADDRINUSE
from pathlib import Path

from portal.sandbox.listening import listen

_LAST_PORT = 65535
_STRIPE_TAKEN = (
    "Port {port} is taken: it is the local Stripe's, which was there last time. Does the demo of "
    "this folder run already? Else remove {file}: then another is found, and old links are dead."
)


def listen_at(port: int) -> socket.socket:
    """Listen at this port; 0 finds a free one.

    Raises:
        SystemExit: it cannot be had.
    """
    try:
        return listen(port)
    except OSError as wrong:
        why = "is taken" if wrong.errno == EADDRINUSE else f"cannot be had: {wrong.strerror}"
        raise SystemExit(f"Port {port} {why}. Choose another with --port.") from wrong


def listen_again(file: Path) -> socket.socket:
    """Listen at the port that this file remembers, so that old links stay good; else at a new one.

    Raises:
        SystemExit: it cannot be had, or the file holds none.
    """
    if not file.exists():
        there = listen(0)
        file.write_text(str(there.getsockname()[1]))
        return there
    held = file.read_bytes().strip()
    if not (held.isdigit() and 0 < int(held) <= _LAST_PORT):
        raise SystemExit(f"{file} holds no port. Remove it: the local Stripe then takes a new one.")
    try:
        return listen(int(held))
    except OSError as taken:
        raise SystemExit(_STRIPE_TAKEN.format(port=int(held), file=file)) from taken


def address_of(at: socket.socket) -> str:
    """Return the address that browsers use for it."""
    return f"http://127.0.0.1:{at.getsockname()[1]}"
