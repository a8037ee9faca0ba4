"""Door 002: what went wrong, in the document's envelope."""

from __future__ import annotations

from portal.web.programs.problems import problems_of
from portal.web.scope import Scope
from portal.web.shapes import Failure, Shaped, WithHeaders

_NAMES = {
    "external_id": "customer_identifier",
    "postal_code": "zipcode",
    "state": "state_code",
    "country": "country_code",
}


def in_envelope(scope: Scope, failure: Failure, error: Exception) -> Shaped:
    """Tell what went wrong, and of wrong values each field as the document names it."""
    names = [str(path[-1]) for path in problems_of(error) if path]
    said = {
        "code": failure.code,
        "message": failure.sentence,
        "fields": [_NAMES.get(name, name) for name in dict.fromkeys(names)],
    }
    headers = error.headers if isinstance(error, WithHeaders) else {}
    return Shaped(failure.status, {"status": False, "error": said}, headers)
