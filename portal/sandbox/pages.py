"""The pages a person sees: the hosted billing portal, hosted invoices, and the control page."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from portal.sandbox import checkout_pages, control_pages, invoice_pages, session_pages
from portal.sandbox.rendering import not_found
from portal.sandbox.wire import Answer, Request
from portal.sandbox.world import Sandbox

_STATIC = Path(__file__).parent / "static"
_FILES = {
    "/_sandbox/static/sandbox.css": (_STATIC / "sandbox.css", "text/css; charset=utf-8"),
    "/_sandbox/static/favicon.svg": (_STATIC / "favicon.svg", "image/svg+xml"),
}


async def answer(sandbox: Sandbox, request: Request) -> Answer | None:
    """Answer with a page, or None where there is none."""
    base = urlsplit(sandbox.public_url).path
    first, _, rest = request.path.lstrip("/").partition("/")
    if request.path in _FILES:
        file, content_type = _FILES[request.path]
        return Answer(200, file.read_bytes(), content_type, {"Cache-Control": "no-cache"})
    if first == "_sandbox":
        return await control_pages.answer(sandbox, request, base)
    if first == "p":
        place, _, rest = rest.partition("/")
        token, _, where = rest.partition("/")
        if place == "session":
            return session_pages.answer(sandbox, request, base, token, where)
        if place == "checkout":
            return checkout_pages.answer(sandbox, request, base, token, where)
        return not_found(base)
    if first == "i":
        token, _, where = rest.partition("/")
        return invoice_pages.answer(sandbox, request, base, token, where)
    return None
