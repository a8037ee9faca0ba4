"""Whether this process runs, and whether it can take requests."""

from __future__ import annotations

import asyncio
import time
from contextvars import Context
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.datastructures import State

from portal.billing.gateway import clock_ahead
from portal.billing.skew import TOLERATED, in_words
from portal.database import schema_state

ANSWERS_WITHIN_S = 1.0

_SCHEMA = {
    "behind": "The database is of an older version: run `portal migrate`.",
    "newer": "The database was made by a newer version: update this program.",
}

_STOPPING = {
    "status": "stopping",
    "checks": {},
    "why": ["This process was told to stop: send nobody here any more."],
    "warnings": [],
}


@get("/healthz", name="healthz", include_in_schema=False)
async def tell_health() -> dict[str, str]:
    """Say that the process runs; asks nothing else."""
    return {"status": "ok"}


@get("/readyz", name="readyz", include_in_schema=False)
async def tell_readiness(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """Say whether the database answers, its schema is ours, and the worker makes its rounds.

    Not ready either is a process that was told to stop, though it answers to the last.
    """
    state = request.app.state
    if state.get("is_stopping"):
        return Response(_STOPPING, status_code=503, media_type=MediaType.JSON)
    wrong = await _look_at_database(state) | _look_at_worker(state)
    told = {
        "status": "unavailable" if wrong else "ok",
        "checks": {name: name not in wrong for name in ("database", "schema", "worker")},
        "why": [sentence for sentence in wrong.values() if sentence],
        "warnings": _look_at_clock(),
    }
    return Response(told, status_code=503 if wrong else 200, media_type=MediaType.JSON)


async def _look_at_database(state: State) -> dict[str, str]:
    """Ask the database, or wait with those who are asking it: it may be in no state for many."""
    looking: asyncio.Task[dict[str, str]] | None = state.get("looking")
    if looking is None or looking.done():
        looking = state.looking = asyncio.create_task(_ask_database(), context=Context())
    return await asyncio.shield(looking)


async def _ask_database() -> dict[str, str]:
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            schema = await schema_state()
    except TimeoutError:
        why = f"The database does not answer within {ANSWERS_WITHIN_S:.0f} s."
        return {"database": why, "schema": ""}
    except Exception as error:
        # Whatever it is: no request that needs the database can be answered.
        why = f"The database cannot be asked ({type(error).__name__})."
        return {"database": why, "schema": ""}
    return {} if schema == "current" else {"schema": _SCHEMA[schema]}


def _look_at_worker(state: State) -> dict[str, str]:
    """A process without a worker is ready without one."""
    worker = state.get("worker")
    if worker is None or worker.is_alive:
        return {}
    passed_s = time.monotonic() - worker.last_round_at
    return {"worker": f"The worker's last round ended {passed_s:.0f} s ago."}


def _look_at_clock() -> list[str]:
    """A wrong clock keeps nobody from being served: it is told of, and no more."""
    ahead = clock_ahead()
    if ahead is None or abs(ahead) <= TOLERATED:
        return []
    return [f"{in_words(ahead)}: let NTP set it. At 300 s every event of Stripe's is refused."]


routes = (tell_health, tell_readiness)
