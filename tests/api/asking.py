"""Every operation as the application itself names it, and requests to each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import httpx

from portal.app import Portal
from portal.web.programs.document import Operation
from portal.web.programs.operations import PREFIXES, operations_of

Path = tuple[str | int, ...]
NOBODY = "00000000000000000000000000"
# What each part of a path names, by the address before it; a new one has to be put down here.
NAMED: Mapping[str, str] = {
    "/v1/customers/": "customer",
    "/v1/subscriptions/": "subscription",
    "/v1/plans/": "plan",
    "/v1/sites/": "site",
    "/v1/webhook_endpoints/": "endpoint",
    "/v1/webhook_deliveries/": "delivery",
    "/compat/v1/company/": "company",
    "/compat/v1/company/{company}/country/": "site",
    "/compat/v1/company/{company}/country/{country}/customer/": "customer",
    "/compat/api/v1/customers/": "customer",
    "/compat/api/v2/customers/": "customer",
    "/compat/stripe/v1/customers/": "gateway_customer",
}
_ONLY_WORDS: Mapping[str, frozenset[str | int]] = {"003": frozenset({"company"})}
"""By document, the members that are called as something of a company is, and name nothing."""
UNKNOWN: Mapping[str, str] = {
    "customer": f"cust_{NOBODY}",
    "subscription": f"sub_{NOBODY}",
    "plan": f"plan_{NOBODY}",
    "site": f"site_{NOBODY}",
    "endpoint": f"whep_{NOBODY}",
    "delivery": f"dlv_{NOBODY}",
    "company": f"comp_{NOBODY}",
    "gateway_customer": f"cus_{NOBODY}",
}
"""Ids that fit, and that nobody has."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was made, and its answer."""

    operation: Operation
    how: str
    answer: httpx.Response


@dataclass
class Book:
    """The answers so far, to be judged together: one that is wrong hides no other."""

    asked: list[Asked] = field(default_factory=list)

    def those_that_are_not(self, *statuses: int) -> list[str]:
        """Name the requests that were answered otherwise."""
        return [
            f"{one.operation.method} {one.operation.path} ({one.how}): {one.answer.status_code}"
            f" {one.answer.text[:200]}"
            for one in self.asked
            if one.answer.status_code not in statuses
        ]


def every_operation(portal: Portal) -> list[Operation]:
    """Return the operations of all doors for programs."""
    routes = portal.doors.routes
    return [operation for prefix in PREFIXES for operation in operations_of(routes, prefix)]


def routes_without_a_word(portal: Portal) -> list[str]:
    """Name the routes of doors for programs that do not say who may ask for what."""
    return [
        f"{method} {route.path_format}"
        for route in portal.doors.routes
        if route.path_format.startswith(PREFIXES)
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods - {"OPTIONS"}
        if "program" not in handler.opt
    ]


def kinds_of(operation: Operation) -> dict[str, str]:
    """Return what each varying part of the path names.

    Raises:
        KeyError: it is not put down above.
    """
    return {
        name: NAMED[operation.path.partition("{" + name + "}")[0]] for name in operation.path_names
    }


async def ask(
    http: httpx.AsyncClient,
    operation: Operation,
    ids: Mapping[str, str],
    headers: Mapping[str, str],
    *,
    body: Any = None,
    query: Mapping[str, str] | None = None,
) -> httpx.Response:
    """Make a request; without a body of its own it sends one that no schema has."""
    parts = {name: ids[kind] for name, kind in kinds_of(operation).items()}
    sent: dict[str, Any] = {}
    if operation.described.file:
        sent["files"] = {operation.described.file: ("a.png", b"no picture")}
    if operation.described.body is not None:
        if operation.described.form:
            sent["data"] = {"no_such_field": "1"} if body is None else body
        else:
            sent["json"] = {"no_such_field": 1} if body is None else body
    return await http.request(
        operation.method,
        operation.path.format_map(parts),
        headers={"accept": "application/json", **headers},
        params=dict(query or {}),
        **sent,
    )


def required_of(operation: Operation, ids: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of a query that have to be there, naming what there is; else words."""
    query = operation.described.query
    members = query.model_fields.items() if query else ()
    needed = (name for name, member in members if member.is_required())
    return {name: ids.get(name.removesuffix("_id"), "ada") for name in needed}


def members_naming(operation: Operation, kinds: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """Give the members that name something of a company: where each stands, and the way to it."""
    where: list[tuple[str, Path]] = []
    if (body := operation.described.body) is not None:
        where += [("body", (name,)) for name in body.model_fields]
        where += [("body", path) for path in paths_of(example_of(operation))]
    if (query := operation.described.query) is not None:
        where += [("query", (name,)) for name in query.model_fields]
    words = _ONLY_WORDS.get(operation.described.tag, frozenset())
    named = (one for one in where if one[1][-1] in kinds and one[1][-1] not in words)
    yield from dict.fromkeys(named)


def example_of(operation: Operation) -> Any:
    """Return the first example of a body, to be changed at will."""
    return deepcopy(next(iter(operation.described.examples.values()), {}))


def with_value(body: Any, path: Path, value: str) -> Any:
    """Put another value into a body."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    inner = body[step] if isinstance(step, int) or step in body else {}
    body[step] = with_value(inner, rest, value)
    return body


def paths_of(body: Any, before: Path = ()) -> Iterator[Path]:
    """Give the way to every value of a body."""
    members = body.items() if isinstance(body, dict) else enumerate(body)
    for step, value in members:
        if isinstance(value, dict | list):
            yield from paths_of(value, (*before, step))
        else:
            yield (*before, step)
