"""Idempotency-Key on every POST: the effect once, the same answer each time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from litestar import Request

from portal.access.repeats import Answered as AnsweredBefore
from portal.access.repeats import Begun, InUse, begin, finish, note_made, refuse, release
from portal.customers.directory import customer_of
from portal.errors import DatabaseBusy, PortalError
from portal.web.failures import told_to_programs
from portal.web.programs.bodies import MULTIPART, is_kind
from portal.web.programs.call import Answer, Call
from portal.web.programs.described import Described
from portal.web.programs.problems import BadHeader, gone
from portal.web.scope import Scope, header, scope_of
from portal.web.shapes import Shaped, WithHeaders

AnyRequest = Request[Any, Any, Any]
Run = Callable[[Call[Any]], Awaitable[Answer]]
LONGEST = 255
_AGAIN_S = "1"
_NAME = re.compile(rf"[!-~]{{1,{LONGEST}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Named:
    """What a request is named by its header, and all that was asked with it."""

    name: str
    request: str


class UnderWay(WithHeaders):
    """The same request is under way: a moment later it is answered."""

    status = InUse.status
    code = InUse.code
    sentence = InUse.sentence
    retry = True
    headers: Mapping[str, str] = {"retry-after": _AGAIN_S}


async def answered_once(
    request: AnyRequest, described: Described, call: Call[Any], run: Run
) -> Answer:
    """Run a request, or answer as it was answered before, where it is a POST with a name.

    Raises:
        Mismatch: the name was given to another request.
        UnderWay: the same request is being worked on.
        Gone: the customer of whom it told was deleted or erased.
    """
    named = await _named(request, described, call)
    if named is None:
        return await run(call)
    try:
        begun = await begin(call.caller, named.name, named.request)
        if isinstance(begun, AnsweredBefore):
            if begun.about:
                raise gone(await customer_of(begun.about))
            return _again(begun, described)
        return await _run(begun, call, run, scope_of(request))
    except InUse as busy:
        raise UnderWay from busy


async def _run(begun: Begun, call: Call[Any], run: Run, scope: Scope) -> Answer:
    """Keep what is answered before the first byte leaves; what fails leaves nothing to repeat."""
    try:
        return await _finished(begun, call, run, scope)
    except Exception:
        with suppress(DatabaseBusy):
            await release(begun)
        raise


async def _finished(begun: Begun, call: Call[Any], run: Run, scope: Scope) -> Answer:
    """Keep what came of it; a refusal is that, too, where something was done before it."""
    noting = partial(note_made, begun)
    try:
        answer = await run(replace(call, made=begun.made, note_made=noting))
    except PortalError as refusal:
        if not refusal.is_outcome:
            raise
        answer = _refused(told_to_programs(scope, refusal))
        if not await refuse(begun, answer.status, _headers(answer), answer.content):
            raise
        return answer
    await finish(begun, answer.status, _headers(answer), answer.kept, customer=answer.customer)
    return answer


def _refused(said: Shaped) -> Answer:
    return Answer(said.status, said.body, said.headers, media_type=said.media_type)


def _headers(answer: Answer) -> dict[str, str]:
    return {**answer.headers, "content-type": answer.media_type}


def _again(before: AnsweredBefore, described: Described) -> Answer:
    headers = {name: value for name, value in before.headers.items() if name != "content-type"}
    return Answer(
        before.status,
        before.body,
        headers | {described.door.replayed: "true"},
        media_type=before.headers["content-type"],
    )


async def _named(request: AnyRequest, described: Described, call: Call[Any]) -> _Named | None:
    scope, name = scope_of(request), described.door.repeat
    given = header(scope, name.encode()).strip()
    if scope["method"] != "POST" or not any(key == name.encode() for key, _ in scope["headers"]):
        return None
    if not _NAME.fullmatch(given):
        raise BadHeader(name, f"Send 1 to {LONGEST} visible characters, without blanks.")
    if not described.kept:
        return None
    if call.files or (described.multipart and is_kind(scope, MULTIPART)):
        # Each try of the same form has another boundary.
        files = {name: hashlib.sha256(file).hexdigest() for name, file in call.files.items()}
        said = call.body.model_dump_json() if call.body is not None else ""
        body = f"{said} {sorted(files.items())}"
    else:
        body = hashlib.sha256(await request.body()).hexdigest()
    kind = header(scope, b"content-type").partition(";")[0]
    asked = (scope["method"], scope["path"], scope["query_string"].decode("latin-1"), kind, body)
    return _Named(f"{scope['method']} {scope['path']} {given}", "\n".join(asked))
