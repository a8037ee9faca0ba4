"""Servers of the benchmark, each a process of its own, and what the system says of them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

READY_S = 30.0
_TICKS = os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def running(
    *command: str, env: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a Python module or script beside us, and end it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, env={**os.environ, **env}, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 25)
        except TimeoutError:
            process.kill()


async def first_line(process: asyncio.subprocess.Process) -> dict[str, str]:
    """Read the line of JSON that says where it listens."""
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), READY_S)
    return dict(json.loads(line))


def cpu_s(pid: int) -> float:
    """Return the processor seconds, user's and system's, that a process has used (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def peak_memory_mb(pid: int) -> float:
    """Return the most memory in MB that a process has had resident (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmHWM")
