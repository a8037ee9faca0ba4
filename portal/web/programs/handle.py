"""One request of a program, from its key to its answer: the same way at every door."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from litestar import Request, Response
from pydantic import BaseModel

from portal.deliveries.quiet import Quiet
from portal.web.programs.bodies import (
    MULTIPART,
    is_kind,
    read_brackets,
    read_json,
    read_multipart,
    read_query,
)
from portal.web.programs.caller import Caller, caller_of, needs
from portal.web.programs.described import Described
from portal.web.programs.origin import Origin, origin_of, quiet_of
from portal.web.programs.pace import pace
from portal.web.scope import scope_of

Body = TypeVar("Body")
Query = TypeVar("Query", bound=BaseModel)
AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Call(Generic[Body]):
    """A request, read and let in.

    path: the parts of the address that it names, as text. files: what was sent along, by name.
    url: the path as it was asked for, for lists to name.
    """

    caller: Caller
    body: Body
    path: Mapping[str, str]
    origin: Origin
    quiet: Quiet
    request_id: str
    url: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    query: BaseModel | None = None

    def asked(self, model: type[Query]) -> Query:
        """Return what stands behind the question mark, as the operation describes it."""
        assert isinstance(self.query, model)
        return self.query

    @property
    def actor(self) -> str:
        """Name who did it, for the audit."""
        return self.caller.key_id


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program is answered. A body that is bytes goes out as it is."""

    status: int
    body: Mapping[str, Any] | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


Handler = Callable[[Call[Body]], Awaitable[Answer]]


def program(handler: Handler[Body]) -> Callable[[AnyRequest], Awaitable[Response[bytes]]]:
    """Make a handler of Litestar's of one that takes a call and gives an answer.

    What it may be asked, and with which key, stands in the route's `opt` (see `described`).
    """

    async def answered(request: Request[Any, Any, Any]) -> Response[bytes]:
        described: Described = request.route_handler.opt["program"]
        call = await _let_in(request, described)
        return _sent(await handler(cast(Call[Body], call)))

    answered.__name__ = answered.__qualname__ = handler.__name__
    answered.__doc__ = handler.__doc__
    return answered


async def _let_in(request: AnyRequest, described: Described) -> Call[Any]:
    """Ask in this order: who, whether they may, how fast, and only then what was sent."""
    scope, door = scope_of(request), described.door
    caller = await caller_of(scope, basic=door.basic)
    needs(caller, described)
    pace(scope, caller)
    origin, quiet = origin_of(scope, door.prefix), quiet_of(scope, door.prefix)
    query = read_query(scope, described.query) if described.query else None
    body, files = await _read(request, described)
    return Call(
        caller=caller,
        body=body,
        path={name: str(value) for name, value in request.path_params.items()},
        origin=origin,
        quiet=quiet,
        request_id=scope["portal.request_id"],
        url=scope["path"],
        files=files,
        query=query,
    )


async def _read(
    request: AnyRequest, described: Described
) -> tuple[BaseModel | None, dict[str, bytes]]:
    if described.body is None:
        return None, {}
    if described.form:
        return await read_brackets(request, described.body), {}
    if described.multipart and is_kind(scope_of(request), MULTIPART):
        return await read_multipart(request, described.body)
    return await read_json(request, described.body), {}


def _sent(answer: Answer) -> Response[bytes]:
    content = answer.body
    if content is None:
        content = b""
    elif not isinstance(content, bytes):
        content = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(
        content,
        status_code=answer.status,
        headers=dict(answer.headers),
        media_type=answer.media_type,
    )
