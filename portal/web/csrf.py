"""Tell our own pages' requests from those that another site makes a browser send."""

from __future__ import annotations

from portal.errors import Forbidden
from portal.settings import settings
from portal.web.scope import UNSAFE, Scope, header

EXEMPT = (
    "/webhooks/",
    "/v1/",
    "/compat/",
)  # They carry a signature or a key, never a cookie.


def refuse_foreign(scope: Scope) -> None:
    """Let an unsafe request pass only if it comes from a page of ours.

    Raises:
        Forbidden: the browser says that another site sent it, or says nothing at all.

    Source: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
    """
    if scope["method"] in UNSAFE and not scope["path"].startswith(EXEMPT) and not _is_ours(scope):
        raise Forbidden


def _is_ours(scope: Scope) -> bool:
    fetched_from = header(scope, b"sec-fetch-site")
    if fetched_from:
        return fetched_from in ("same-origin", "none")
    origin = header(scope, b"origin").lower()
    return bool(origin) and origin in (
        settings().base_url.rstrip("/").lower(),
        _own_origin(scope),
    )


def _own_origin(scope: Scope) -> str:
    scheme = "https" if settings().secure else "http"
    return f"{scheme}://{header(scope, b'host').lower()}"
