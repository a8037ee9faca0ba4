"""Whether this process runs, and whether it can take requests."""

from __future__ import annotations

from typing import Any

from litestar import MediaType, Request, Response, get

from portal.database import run_sql, schema_state


@get("/healthz", name="healthz", include_in_schema=False)
async def tell_health() -> dict[str, str]:
    """Say that the process runs; asks nothing else."""
    return {"status": "ok"}


@get("/readyz", name="readyz", include_in_schema=False)
async def tell_readiness(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """Say whether the database answers, its schema is ours, and the worker makes its rounds."""
    checks = {
        "database": await _database_answers(),
        "schema": await _schema_is_ours(),
        "worker": _worker_lives(request),
    }
    is_ready = all(checks.values())
    told = {"status": "ok" if is_ready else "unavailable", "checks": checks}
    return Response(told, status_code=200 if is_ready else 503, media_type=MediaType.JSON)


async def _database_answers() -> bool:
    try:
        await run_sql("SELECT 1 AS one")
    except Exception:
        return False  # Whatever it is: no request that needs the database can be answered.
    return True


async def _schema_is_ours() -> bool:
    try:
        return await schema_state() == "current"
    except Exception:
        return False


def _worker_lives(request: Request[Any, Any, Any]) -> bool:
    """A process without a worker is ready without one."""
    worker = request.app.state.get("worker")
    return worker is None or bool(worker.is_alive)


routes = (tell_health, tell_readiness)
