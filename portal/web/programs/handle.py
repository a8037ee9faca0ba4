"""One request of a program, from its key to its answer: the same way at every door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from litestar import Request, Response
from pydantic import BaseModel

from portal.audit.origin import asked_by
from portal.deliveries.announce import quietly
from portal.web.programs.bodies import (
    MULTIPART,
    is_kind,
    read_brackets,
    read_file,
    read_json,
    read_multipart,
    read_query,
)
from portal.web.programs.call import Answer, Call
from portal.web.programs.caller import caller_of, needs
from portal.web.programs.described import Described
from portal.web.programs.insides import IDS, look_through
from portal.web.programs.origin import origin_of, quiet_of
from portal.web.programs.pace import pace
from portal.web.programs.repeats import answered_once
from portal.web.scope import scope_of

__all__ = ["Answer", "Call", "program"]

Body = TypeVar("Body")
AnyRequest = Request[Any, Any, Any]


Handler = Callable[[Call[Body]], Awaitable[Answer]]


def program(handler: Handler[Body]) -> Callable[[AnyRequest], Awaitable[Response[bytes]]]:
    """Make a handler of Litestar's of one that takes a call and gives an answer.

    What it may be asked, and with which key, stands in the route's `opt` (see `described`).
    """

    async def answered(request: Request[Any, Any, Any]) -> Response[bytes]:
        described: Described = request.route_handler.opt["program"]
        call: Call[Any] = await _let_in(request, described)
        with asked_by(call.origin, call.request_id), quietly(call.quiet):
            return _sent(await answered_once(request, described, call, handler))

    answered.__name__ = answered.__qualname__ = handler.__name__
    answered.__doc__ = handler.__doc__
    return answered


async def _let_in(request: AnyRequest, described: Described) -> Call[Any]:
    """Ask in this order: who, how fast, whether they may, and only then what was sent."""
    scope, door = scope_of(request), described.door
    caller = await caller_of(scope, basic=door.basic)
    pace(scope, caller)
    needs(caller, described)
    path = {name: str(value) for name, value in request.path_params.items()}
    look_through(path, least=IDS)
    origin, quiet = origin_of(scope, door.prefix), quiet_of(scope, door.prefix)
    query = read_query(scope, described.query) if described.query else None
    body, files = await _read(request, described)
    return Call(
        caller=caller,
        body=body,
        path=path,
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
    if described.file:
        return None, {described.file: await read_file(request, described.file)}
    if described.body is None:
        return None, {}
    if described.form:
        return await read_brackets(request, described.body), {}
    if described.multipart and is_kind(scope_of(request), MULTIPART):
        return await read_multipart(request, described.body)
    return await read_json(request, described.body), {}


def _sent(answer: Answer) -> Response[bytes]:
    return Response(
        answer.content,
        status_code=answer.status,
        headers=dict(answer.headers),
        media_type=answer.media_type,
    )
