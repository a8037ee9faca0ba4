"""Find every operation of an application: what its handlers say of themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portal.web.programs.described import Described
from portal.web.programs.document import Operation

PREFIXES = ("/v1/", "/compat/")


def operations_of(routes: Iterable[Any], prefix: str) -> tuple[Operation, ...]:
    """Return the operations below this address, by path and method; each name once."""
    found = [
        (route.path_format, method, handler)
        for route in routes
        if route.path_format.startswith(prefix)
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods
        if "program" in handler.opt
    ]
    names: set[str] = set()
    operations = []
    for path, method, handler in sorted(found, key=lambda one: one[:2]):
        name = _free_name(handler.fn.__name__, names)
        said: Described = handler.opt["program"]
        operations.append(Operation(name, str(method), path, said))
    return tuple(operations)


def _free_name(name: str, taken: set[str]) -> str:
    """Return this name, or with a number behind it: one handler may have several addresses."""
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    taken.add(free)
    return free
