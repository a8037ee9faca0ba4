"""The control API's addresses, each a plain function beside the words that describe it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portal.sandbox.account import Account
from portal.sandbox.errors import StripeError

if TYPE_CHECKING:
    from portal.sandbox.world import Sandbox


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to the control API, read."""

    sandbox: Sandbox
    account: Account
    given: Any
    """The body."""
    query: dict[str, str]
    """The query, and what the address names."""


Run = Callable[[Asked], Any]


@dataclass(frozen=True, slots=True)
class Control:
    """One address, what answers it, and how the description page words it."""

    method: str
    path: str
    words: str
    body: str
    answer: str
    run: Run


CONTROLS: dict[str, list[Control]] = {}
"""By what they are about, in the order of the description page."""


def control(
    about: str, method: str, path: str, words: str, *, body: str = "", answer: str = ""
) -> Callable[[Run], Run]:
    """Let a function answer an address; `{event}` in the path becomes `asked.query["event"]`."""

    def keep(run: Run) -> Run:
        CONTROLS.setdefault(about, []).append(Control(method, path, words, body, answer, run))
        return run

    return keep


def find_control(method: str, path: str) -> tuple[Control, dict[str, str]]:
    """Find what answers an address of the control API.

    Raises:
        StripeError: 404, nothing does.
    """
    parts = path.split("/")
    for group in CONTROLS.values():
        for each in group:
            names = _match(each.path.split("/"), parts)
            if each.method == method and names is not None:
                return each, names
    raise StripeError(404, f"The control API has no {method} {path}.")


def _match(expected: list[str], parts: list[str]) -> dict[str, str] | None:
    if len(expected) != len(parts):
        return None
    names: dict[str, str] = {}
    for pattern, part in zip(expected, parts, strict=True):
        if pattern.startswith("{"):
            names[pattern[1:-1]] = part
        elif pattern != part:
            return None
    return names
