"""Read what was typed: forms and the part of an address behind the question mark."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request

from portal.errors import PortalError
from portal.redaction import hide
from portal.web.scope import Scope, header, scope_of

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 100


class Unreadable(PortalError):
    """The body is not a form of ours."""

    status = 400
    code = "unreadable"
    sentence = "We could not read that form. Go back, reload the page and try again."


async def typed_in(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Return a posted form: each name once, its last value.

    Raises:
        Unreadable: it is no form, or has more fields than any form of ours.
    """
    if not header(scope_of(request), b"content-type").lower().startswith(_FORM):
        raise Unreadable
    return _read(await request.body())


def asked(scope: Scope) -> dict[str, str]:
    """Return what the address asks for behind its question mark."""
    return _read(scope["query_string"])


def _read(text: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            text.decode("utf-8", "replace"),
            keep_blank_values=True,
            errors="replace",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError as error:
        raise Unreadable from error
    typed = {name: value.replace("\x00", "\ufffd") for name, value in pairs}
    hide(typed.values())
    return typed
