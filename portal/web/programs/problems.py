"""Problem details (RFC 9457): what went wrong in a member each, and every wrong value at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.customers.shown import tombstone
from portal.customers.tables import Customer
from portal.errors import InvalidDetails, PortalError, Problem
from portal.web.programs.brackets import flat
from portal.web.scope import Scope
from portal.web.shapes import Failure, Shaped

Path = tuple[str | int, ...]
"""Where a value stands in a body, from its outside in."""

DOCUMENTED_AT = "/schema#"
_TITLES: Mapping[int, str] = {
    400: "The request cannot be taken as it is",
    401: "The key is missing or not valid",
    404: "There is nothing here",
    405: "This is not possible here",
    409: "That cannot be done as things stand",
    410: "That is no longer there",
    415: "The body is of another kind than this takes",
    422: "Some values need another look",
}
_DETAILS: Mapping[str, str] = {
    "not_found": "There is nothing of that address or id, or not for this key.",
    "http_400": "The request cannot be read.",
    "http_405": "The header Allow names the methods that this address takes.",
    "too_large": "The body is larger than this takes.",
    "broken_off": "The connection ended before the body did.",
    "too_many_requests": "The limit of this key is reached: wait as Retry-After says.",
}
"""For programs, where people are told of pages and forms."""
_ADDRESS = ("line1", "line2", "line3", "city", "state", "postal_code", "country")
_STANDS_AT: Mapping[str, Path] = {
    **{name: ("address", name) for name in _ADDRESS},
    "tax_id": ("tax_ids", 0, "value"),
    "picture": ("avatar",),
}
"""Where in our own bodies stands what a form has as one field."""


class InvalidBody(PortalError):
    """The request breaks the schema: each wrong value, by where it stands."""

    status = 400
    code = "invalid_body"
    sentence = "The request is not as the documentation says: see errors."

    def __init__(self, problems: Mapping[Path, Problem], code: str = "") -> None:
        super().__init__(", ".join(f"{pointer(path)}: {said}" for path, said in problems.items()))
        self.problems = dict(problems)
        self.code = code or type(self).code


class BadHeader(PortalError):
    """A header that cannot be read."""

    status = 400
    code = "bad_header"
    sentence = "A header of the request cannot be read: see errors."

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(f"{name}: {sentence}")
        self.name, self.said = name, sentence


class WrongValues(PortalError):
    """The request fits the schema, and a rule refuses it: each value, by where it stands."""

    status = 422
    code = "invalid_details"
    sentence = "Some values need another look: see errors."

    def __init__(self, problems: Mapping[Path, Problem], code: str = "") -> None:
        super().__init__(", ".join(f"{pointer(path)}: {said}" for path, said in problems.items()))
        self.problems = dict(problems)
        self.code = code or type(self).code


class Gone(PortalError):
    """What is asked for was there, and is deleted; `tombstone` is what is left of it."""

    status = 410
    code = "customer_deleted"
    sentence = "This customer was deleted."

    def __init__(self, tombstone: Mapping[str, Any], code: str = "customer_deleted") -> None:
        super().__init__()
        self.tombstone = dict(tombstone)
        self.code = code


def gone(customer: Customer) -> Gone:
    """Say of a customer who was deleted or erased what is left of them."""
    return Gone(tombstone(customer), f"customer_{customer.status}")


def pointer(path: Path) -> str:
    """Write where a value stands as a JSON pointer (RFC 6901)."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return "".join(f"/{step}" for step in steps)


def problems_of(error: Exception) -> Mapping[Path, Problem]:
    """Return the wrong values that an error tells of, by where each stands in our bodies."""
    if isinstance(error, InvalidBody | WrongValues):
        return error.problems
    if isinstance(error, InvalidDetails):
        return {_STANDS_AT.get(name, (name,)): said for name, said in error.problems.items()}
    return {}


def problem(scope: Scope, failure: Failure, error: Exception) -> dict[str, Any]:
    """Put a failure into problem details."""
    told: dict[str, Any] = {
        "type": f"{DOCUMENTED_AT}{failure.code}",
        "title": _TITLES.get(failure.status, failure.title),
        "status": failure.status,
        "code": failure.code,
        "detail": _DETAILS.get(failure.code, failure.sentence),
        "request_id": scope.get("portal.request_id", ""),
        "doc_url": f"{DOCUMENTED_AT}{failure.code}",
    }
    if isinstance(error, BadHeader):
        told["errors"] = [{"header": error.name, "code": error.code, "message": error.said}]
    if problems := problems_of(error):
        told |= {"param": flat(next(iter(problems))), "errors": _listed(problems)}
    reason = getattr(error, "problem", None)
    if isinstance(reason, Problem):
        told["reason"] = reason.code
    if isinstance(error, Gone):
        told["tombstone"] = error.tombstone
    return told


def as_problem(scope: Scope, failure: Failure, error: Exception) -> Shaped:
    """Answer with problem details: how our own API words what went wrong."""
    body = problem(scope, failure, error)
    return Shaped(failure.status, body, media_type="application/problem+json")


def _listed(problems: Mapping[Path, Problem]) -> Sequence[Mapping[str, str]]:
    return [
        {"pointer": pointer(path), "code": said.code, "message": str(said)}
        for path, said in problems.items()
    ]
