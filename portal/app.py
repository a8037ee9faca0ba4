"""Put the doors together: one application, and what it opens and closes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, NoReturn

from litestar import Litestar, Request
from litestar.datastructures import MutableScopeHeaders, State
from litestar.exceptions import HTTPException, MethodNotAllowedException
from litestar.types import Message, Method
from litestar.types import Scope as AnyScope

from portal.api.routes import API
from portal.billing.gateway import close_gateways, warm_gateways
from portal.compat.routes import COMPAT
from portal.database import close_database, open_database
from portal.pages.fresh import finish_fetching
from portal.pages.onward import lead_to_sign_in
from portal.pages.routes import PAGES
from portal.pages.visitor import SignInFirst
from portal.settings import settings
from portal.web import health
from portal.web.edge import edge
from portal.web.scope import Receive, Scope, Send
from portal.web.templates import name_paths
from portal.webhooks import stripe as stripe_webhooks
from portal.worker import PATIENCE_S, Worker

METHODS: Sequence[Method] = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Portal:
    """The application as an ASGI server calls it: the doors behind the edge."""

    def __init__(self, doors: Litestar) -> None:
        self.doors = doors
        self._edge = edge(doors)  # type: ignore[arg-type]

    def say_stopping(self) -> None:
        """Let `/readyz` send visitors elsewhere from now on; all that come are answered still."""
        self.doors.state.is_stopping = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._edge(scope, receive, send)


def create_app(*, extra_routes: Sequence[Any] = (), drain_s: float = PATIENCE_S) -> Portal:
    """Make the application; it opens the database, and starts a worker if the settings ask.

    At the end, what the worker has under way gets drain_s seconds to finish.
    """
    doors = Litestar(
        route_handlers=[
            *(*PAGES, *API, *COMPAT, stripe_webhooks.take_stripe_event, *health.routes),
            *extra_routes,
        ],
        lifespan=[_open],
        exception_handlers={SignInFirst: lead_to_sign_in, Exception: _let_rise},
        before_send=[_tell_methods],
        openapi_config=None,
        logging_config=None,
        state=State({"drain_s": drain_s}),
    )
    name_paths(_paths(doors))
    return Portal(doors)


@asynccontextmanager
async def _open(doors: Litestar) -> AsyncIterator[None]:
    """Open what requests need, and close it again when the last is answered."""
    worker = Worker() if settings().worker else None
    doors.state.worker = worker
    warming: asyncio.Task[None] | None = None
    try:
        await open_database()
        # Beside the first requests: most of them need nothing of it.
        warming = asyncio.create_task(warm_gateways())
        if worker:
            await worker.start()
        yield
    finally:
        if worker:
            await worker.stop(doors.state.drain_s)
        if warming:
            await warming
        await finish_fetching()
        await close_gateways()
        await close_database()


def _let_rise(request: Request[Any, Any, Any], error: Exception) -> NoReturn:
    """Leave every error to the edge, which answers once and for all routes alike."""
    if isinstance(error, MethodNotAllowedException):
        error.headers = {"Allow": _methods_of(request.app, request.scope["path"])}
    raise error


async def _tell_methods(message: Message, scope: AnyScope) -> None:
    """Say in the answer to OPTIONS all that the path takes: Litestar names its first handler's."""
    if scope.get("method") == "OPTIONS" and message["type"] == "http.response.start":
        allowed = _methods_of(scope["litestar_app"], scope["path"])
        MutableScopeHeaders.from_message(message)["Allow"] = allowed


def _methods_of(doors: Litestar, path: str) -> str:
    """Name the methods that a path takes: the router knows, and does not say."""
    taken = []
    for method in METHODS:
        with suppress(HTTPException):
            doors.asgi_router.handle_routing(path=path, method=method)
            taken.append(method)
    return ", ".join(taken)


def _paths(doors: Litestar) -> dict[str, str]:
    return {
        handler.name: route.path_format
        for route in doors.routes
        for handler in getattr(route, "route_handlers", ())
        if handler.name
    }
