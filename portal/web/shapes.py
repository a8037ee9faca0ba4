"""How what went wrong is told to programs: each door may have words of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from portal.errors import PortalError
from portal.web.scope import Scope


@dataclass(frozen=True, slots=True)
class Failure:
    """What is told of an error: never its inside."""

    status: int
    code: str
    title: str
    sentence: str
    retry: bool
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shaped:
    """An answer that tells of a failure, in the words of one door."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


Shaper = Callable[[Scope, Failure, Exception], Shaped]

_SHAPERS: dict[str, Shaper] = {}


class WithHeaders(PortalError):
    """What goes wrong so that the answer's headers say more of it."""

    headers: Mapping[str, str] = MappingProxyType({})


def shape_for(prefix: str, shaper: Shaper) -> None:
    """Have every failure below this path told so, those of unknown paths too."""
    _SHAPERS[prefix] = shaper


def shaper_of(path: str) -> Shaper | None:
    """Return who words failures at this path, if somebody does: the longest prefix counts."""
    fitting = [prefix for prefix in _SHAPERS if path.startswith(prefix)]
    return _SHAPERS[max(fitting, key=len)] if fitting else None
