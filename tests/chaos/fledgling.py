"""One portal of a brood, in the process that was forked for it."""

from __future__ import annotations

import os
import resource
import signal
import socket
import traceback
from contextlib import ExitStack
from datetime import timedelta
from types import FrameType
from typing import Any, Final, cast

import time_machine
import uvicorn

from portal import clock, serving
from portal.logs import configure_logging
from tests.chaos.weakened import weaken

Order = dict[str, Any]

_NO_SPACE: Final = 4096


def live(order: Order, listening: socket.socket, mouth: int) -> int:
    """Serve on this socket until told to end, and say through the mouth when it stands ready."""
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for out in (1, 2):
        os.dup2(log, out)
    configure_logging("warning")
    # No proxy asks these whether they stop.
    cast("Any", serving)._NOTICE_S = 0.0
    signal.signal(signal.SIGUSR1, _fill_disk)
    signal.signal(signal.SIGUSR2, _free_disk)
    weaken(order)
    _say_when_ready(mouth)
    try:
        with ExitStack() as stack:
            if order["ahead_s"]:
                later = clock.now() + timedelta(seconds=order["ahead_s"])
                stack.enter_context(time_machine.travel(later, tick=True))
            serving.serve(listening)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _say_when_ready(mouth: int) -> None:
    server = cast("Any", uvicorn.Server)
    starting = server.startup

    async def startup(*given: Any, **named: Any) -> None:
        await starting(*given, **named)
        os.write(mouth, b"!")

    server.startup = startup


def _fill_disk(number: int, frame: FrameType | None) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (_NO_SPACE, resource.RLIM_INFINITY))


def _free_disk(number: int, frame: FrameType | None) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
