"""Read what an ASGI scope holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

from litestar import Request

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
MACHINE_PATHS = (
    "/webhooks/",
    "/v1/",
    "/compat/",
    "/healthz",
    "/readyz",
    "/static/",
    "/brand/",
)


def header(scope: Scope, name: bytes) -> str:
    """Return a request's header, repeated ones joined by commas; "" if it is not there."""
    found = [value for key, value in scope["headers"] if key == name]
    if not found:
        return ""
    return str((found[0] if len(found) == 1 else b",".join(found)).decode("latin-1"))


def is_for_machines(scope: Scope) -> bool:
    """Tell whether this address is meant for programs, not for a person at a browser."""
    return str(scope["path"]).startswith(MACHINE_PATHS)


def scope_of(request: Request[Any, Any, Any]) -> Scope:
    """Return the scope of a request as the plain mapping that it is."""
    return cast(Scope, request.scope)
