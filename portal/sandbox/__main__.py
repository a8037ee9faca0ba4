"""`python -m portal.sandbox --port N [--data FILE] [--key sk_test_…]`: serve the sandbox alone."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

import uvicorn

from portal.sandbox.app import create_app
from portal.sandbox.listening import listen


def main() -> None:
    """Serve on loopback until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m portal.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--data", type=Path, help="a file that keeps everything")
    parser.add_argument("--key", default="sk_test_sandbox")
    given = parser.parse_args()
    asyncio.run(_serve(given.port, given.data, given.key))


async def _serve(port: int, data: Path | None, key: str) -> None:
    listening = listen(port)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    app = create_app(data=data, public_url=address, key=key)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="on", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    for _ in range(1000):
        if server.started or serving.done():
            break
        await asyncio.sleep(0.01)
    if server.started:
        print(json.dumps({"stripe": address, "key": key}), flush=True)  # noqa: T201
    await serving


if __name__ == "__main__":
    main()
