"""What htmx 4 says with a request, and how to answer it."""

from __future__ import annotations

from portal.web.scope import Scope, header

VARY = "Accept-Encoding, Accept-Language, HX-Request, HX-Request-Type"


def is_htmx(scope: Scope) -> bool:
    """Tell whether htmx made this request, not the browser itself."""
    return header(scope, b"hx-request") == "true"


def wants_part(scope: Scope) -> bool:
    """Tell whether only a part of the page is to be swapped."""
    return is_htmx(scope) and header(scope, b"hx-request-type") != "full"
