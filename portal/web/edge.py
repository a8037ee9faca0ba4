"""The outermost layer: whatever is answered, 404 and 500 too, passes here and looks alike."""

from __future__ import annotations

import logging
import re
import secrets
from datetime import UTC

from portal.amounts import write_by
from portal.cards import holds_card, is_card_number
from portal.errors import NotFound
from portal.settings import settings
from portal.web import brand, static
from portal.web.cookies import given
from portal.web.csrf import refuse_foreign
from portal.web.failures import BrokenOff, TooLarge, answer_failure
from portal.web.headers import security_headers
from portal.web.rendering import NO_STORE
from portal.web.scope import Application, Message, Receive, Scope, Send, header

FORM_BYTES, PROGRAM_BYTES, WEBHOOK_BYTES = 64 * 1024, 256 * 1024, 512 * 1024
# Twice what is taken, so that most who send too much are told so beside the field.
PICTURE_BYTES = 8 * 1024 * 1024
_PROGRAMS, _WEBHOOKS = ("/v1/", "/compat/"), "/webhooks/"
_MULTIPART = "multipart/form-data"
_LOG = logging.getLogger("portal.web")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,60}")
_LENGTH = re.compile(r"[0-9]{1,20}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def edge(inner: Application) -> Application:
    """Wrap an application: headers, request id, limits on bodies, the guard, and errors once."""
    fixed = security_headers(settings())
    static.static_files()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        # Our own copy: the server goes on reading its scope, and must still find HEAD in it.
        scope = {**scope}
        write_by(UTC)
        finish = _Finish(scope, send, fixed)
        try:
            await _route(inner, scope, receive, finish)
        except Exception as error:
            if finish.started:
                _LOG.exception("The answer broke off, request %s", scope["portal.request_id"])
                raise
            failed = await answer_failure(scope, error)
            await failed(scope, receive, finish)  # type: ignore[arg-type]

    return answer


async def _route(inner: Application, scope: Scope, receive: Receive, send: Send) -> None:
    path: str = scope["path"]
    if _CONTROL.search(path):
        raise NotFound
    refuse_foreign(scope)
    if path.startswith(static.PREFIX) and scope["method"] == "GET":
        await static.send_static(scope, send)
    elif path.startswith(brand.PREFIX) and scope["method"] == "GET":
        await brand.send_brand(scope, send)
    else:
        await inner(scope, _measured(scope, receive), send)


def _measured(scope: Scope, receive: Receive) -> Receive:
    """Refuse a body that is too large, whether it says its length beforehand or not.

    One that breaks off is refused too: whoever closed the page was not failed by us.
    """
    most = _most_bytes(scope)
    length = header(scope, b"content-length")
    if length and (not _LENGTH.fullmatch(length) or int(length) > most):
        raise TooLarge
    taken, is_whole = 0, False

    async def counted() -> Message:
        nonlocal taken, is_whole
        message = await receive()
        if message["type"] == "http.disconnect" and not is_whole:
            raise BrokenOff
        taken += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        if taken > most:
            raise TooLarge
        return message

    return counted


def _most_bytes(scope: Scope) -> int:
    path: str = scope["path"]
    if path == "/account/picture":
        return PICTURE_BYTES
    if path.startswith(_PROGRAMS):
        carries_files = header(scope, b"content-type").lower().startswith(_MULTIPART)
        return PICTURE_BYTES if carries_files else PROGRAM_BYTES
    return WEBHOOK_BYTES if path.startswith(_WEBHOOKS) else FORM_BYTES


def _is_a_card(text: str) -> bool:
    return is_card_number(text) or holds_card(text)


class _Finish:
    """The way out of one answer: adds what every answer carries and knows whether it started."""

    __slots__ = ("_fixed", "_is_head", "_scope", "_send", "started")

    def __init__(self, scope: Scope, send: Send, fixed: tuple[tuple[bytes, bytes], ...]) -> None:
        self._scope, self._send, self._fixed = scope, send, fixed
        self.started = False
        sent_along = header(scope, b"request-id")
        kept = _REQUEST_ID.fullmatch(sent_along) and not _is_a_card(sent_along)
        scope["portal.request_id"] = sent_along if kept else f"req_{secrets.token_hex(8)}"
        self._is_head = scope["method"] == "HEAD"
        if self._is_head:
            scope["method"] = "GET"

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            message = {**message, "headers": self._headers(message["headers"])}
        elif self._is_head:
            message = {**message, "body": b""}
        await self._send(message)

    def _headers(self, own: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        headers = [*own, *given(self._scope), *self._scope.get("portal.headers", ())]
        names = {name.lower() for name, _ in headers}
        headers.extend(pair for pair in self._fixed if pair[0] not in names)
        if b"cache-control" not in names:
            headers.append((b"cache-control", NO_STORE.encode()))
        headers.append((b"request-id", self._scope["portal.request_id"].encode()))
        return headers
