"""Serve the portal: by this process, or by several of which one that dies is started again.

    python -m portal.serving FD

is one of several: it serves the listening socket that it inherits, and ends when its starter does.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable

import uvicorn

STOP_S = 20.0
# Less than STOP_S together: until a proxy has seen that we stop, what visitors wait for, what the
# worker has under way, the database.
_NOTICE_S = 3.0
_ANSWER_S = 6
_DRAIN_S = 9.0
_LIVED_S = 30.0
_SOONEST_S, _LATEST_S = 0.2, 10.0
_BACKLOG = 2048

log = logging.getLogger(__name__)


def listen(host: str, port: int) -> socket.socket:
    """Take the address; OSError when somebody has it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)


def serve(listening: socket.socket) -> None:
    """Serve this socket until SIGTERM or Ctrl-C; what is under way then has STOP_S to end.

    Raises:
        SystemExit: it did not start; the log says why.
    """
    from portal.app import create_app

    portal = create_app(drain_s=_DRAIN_S)
    server = _Server(
        uvicorn.Config(
            portal,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_ANSWER_S,
        ),
        portal.say_stopping,
    )
    server.run(sockets=[listening])
    if not server.started:
        raise SystemExit(3)


class _Server(uvicorn.Server):
    """A server that is told of as stopping for a while before it takes no more connections."""

    def __init__(self, config: uvicorn.Config, say_stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._say_stopping = say_stopping

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._say_stopping()
        # Whoever keeps a connection open comes back on another, perhaps to another process.
        self.server_state.default_headers.append((b"connection", b"close"))
        until = time.monotonic() + _NOTICE_S
        # Nobody waits at a keyboard for a proxy.
        while signal.SIGINT not in self._captured_signals and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        await super().shutdown(sockets)


async def serve_by_several(listening: socket.socket, workers: int) -> None:
    """Keep so many processes serving this socket until SIGTERM or Ctrl-C, then end them all."""
    told_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    async with asyncio.TaskGroup() as places:
        for _ in range(workers):
            places.create_task(_keep_one(listening.fileno(), told_to_stop))
        await told_to_stop.wait()
        # Else whoever comes once the others have closed theirs would wait for nobody.
        listening.close()


async def _keep_one(fd: int, told_to_stop: asyncio.Event) -> None:
    """Start a process, and another whenever it dies: at once, or later if it lived only briefly."""
    pause_s = _SOONEST_S
    while not told_to_stop.is_set():
        began = time.monotonic()
        process = await _start(fd)
        if not await _ends_before(process, told_to_stop):
            await _end(process)
            return
        if told_to_stop.is_set():
            return
        lived_s = time.monotonic() - began
        pause_s = _SOONEST_S if lived_s > _LIVED_S else min(_LATEST_S, 2 * pause_s)
        log.error(
            "serve.process_ended pid=%s code=%s: another starts in %.1f s",
            *(process.pid, process.returncode, pause_s),
        )
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(told_to_stop.wait(), pause_s)


async def _start(fd: int) -> asyncio.subprocess.Process:
    # Its standard input is a pipe that nobody writes to: it ends when we do, however we end.
    return await asyncio.create_subprocess_exec(
        # -P: never what lies in the folder that we were started from.
        *(sys.executable, "-P", "-m", "portal.serving", str(fd)),
        pass_fds=[fd],
        stdin=asyncio.subprocess.PIPE,
    )


async def _ends_before(process: asyncio.subprocess.Process, told_to_stop: asyncio.Event) -> bool:
    """Wait for the first of the two; tell whether the process ended."""
    both = [asyncio.create_task(process.wait()), asyncio.create_task(told_to_stop.wait())]
    done, other = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    for task in other:
        task.cancel()
    return both[0] in done


async def _end(process: asyncio.subprocess.Process) -> None:
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        log.error("serve.process_killed pid=%s: it did not end within %.0f s", process.pid, STOP_S)
        process.kill()
        await process.wait()


def _main() -> None:
    """Be one of several."""
    from portal.logs import configure_logging
    from portal.settings import settings

    configure_logging(settings().log_level)
    threading.Thread(target=_end_with_our_starter, daemon=True).start()
    serve(socket.socket(fileno=int(sys.argv[1])))


def _end_with_our_starter() -> None:
    # Read without Python's buffers, whose lock would be in the way when this process ends.
    while os.read(0, 64):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    _main()
