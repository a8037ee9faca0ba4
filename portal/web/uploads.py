"""Read a posted form that carries a file."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException

from portal.redaction import hide
from portal.web.forms import Unreadable
from portal.web.scope import header, scope_of

_FORM = "multipart/form-data"


async def sent_in(request: Request[Any, Any, Any], name: str) -> tuple[dict[str, str], bytes]:
    """Return what was typed in a form, and the file sent in the field of that name, if any.

    Raises:
        Unreadable: it is no such form.
    """
    if not header(scope_of(request), b"content-type").lower().startswith(_FORM):
        raise Unreadable
    try:
        form = await request.form()
    except (HTTPException, UnicodeError, LookupError) as error:
        raise Unreadable from error
    try:
        given = dict(form.multi_items())
        typed = {key: value for key, value in given.items() if isinstance(value, str)}
        file = given.get(name)
        content = await file.read() if isinstance(file, UploadFile) else b""
    finally:
        await form.close()
    hide(typed.values())
    return typed, content
