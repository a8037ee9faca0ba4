"""The operations the sandbox has, each a plain function beside the address it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.errors import StripeError, no_such, unsupported
from portal.sandbox.rows import Row


@dataclass(slots=True)
class Call:
    """One request that has been read and checked."""

    account: Account
    path: str
    ids: dict[str, str]
    params: dict[str, Any]

    def only(self, names: Iterable[str]) -> None:
        """Refuse parameters that Stripe knows and the sandbox does not, rather than guess."""
        for name in self.params:
            if name not in names:
                raise unsupported(name)

    def row(self, kind: str, what: str, name: str = "id") -> Row:
        """Find the row the address names, or answer 404."""
        found = self.account.get(kind, self.ids[name])
        if found is None:
            raise no_such(what, self.ids[name], name, in_path=True)
        return found


@dataclass(frozen=True, slots=True)
class Operation:
    """What answers one address."""

    method: str
    pattern: tuple[str, ...]
    schema: str | None
    run: Callable[[Call], Row]

    @property
    def address(self) -> str:
        """Give method and path, with names for ids: `GET /v1/customers/{id}`."""
        return f"{self.method} /{'/'.join(self.pattern)}"


_operations: dict[tuple[str, int], list[Operation]] = {}


def operation(
    method: str, pattern: str, schema: str | None = None
) -> Callable[[Callable[[Call], Row]], Callable[[Call], Row]]:
    """Let a function answer an address; `{id}` in the pattern becomes `call.ids["id"]`.

    `schema` names the SDK's parameter type; without one the operation takes no parameters.
    """

    def keep(run: Callable[[Call], Row]) -> Callable[[Call], Row]:
        parts = tuple(pattern.strip("/").split("/"))
        found = Operation(method, parts, schema, run)
        same_length = _operations.setdefault((method, len(parts)), [])
        same_length.append(found)
        same_length.sort(key=lambda each: sum(part.startswith("{") for part in each.pattern))
        return run

    return keep


def find_operation(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """Find what answers this address.

    Raises:
        StripeError: 404, in Stripe's words, when nothing does.
    """
    parts = path.strip("/").split("/")
    for candidate in _operations.get((method, len(parts)), []):
        ids = _match(candidate.pattern, parts)
        if ids is not None:
            return candidate, ids
    raise StripeError(
        404,
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can"
        " help at https://support.stripe.com/. (The sandbox may not have this operation.)",
        saved=False,
    )


def _match(pattern: tuple[str, ...], parts: list[str]) -> dict[str, str] | None:
    ids: dict[str, str] = {}
    for expected, part in zip(pattern, parts, strict=True):
        if expected.startswith("{"):
            if part in ("", "search"):
                return None
            ids[expected[1:-1]] = part
        elif expected != part:
            return None
    return ids


def all_operations() -> list[str]:
    """List every address that is answered, for the description page."""
    found = [each.address for group in _operations.values() for each in group]
    return sorted(found, key=lambda line: line.split()[1] + line)
