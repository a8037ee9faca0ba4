"""Who may use the control page and its API: this machine's people and programs, no other site."""

from __future__ import annotations

from urllib.parse import urlsplit

from portal.sandbox.wire import Request

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def is_foreign(request: Request, public_url: str) -> bool:
    """Tell whether another site's page sends this, or has this address by a name of its own."""
    host = request.headers.get("host", "")
    if not _is_ours(host, public_url):
        return True
    if request.method in ("GET", "HEAD"):
        return False
    site = request.headers.get("sec-fetch-site", "none")
    origin = request.headers.get("origin")
    return site not in ("same-origin", "none") or (
        origin is not None and urlsplit(origin).netloc != host
    )


def _is_ours(host: str, public_url: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    return name in (*_LOOPBACK, urlsplit(public_url).hostname) or name.endswith(".localhost")
