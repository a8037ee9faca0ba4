"""Faults: what a test tells the sandbox to do wrong, to which requests, and when."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any

from portal.sandbox.errors import StripeError
from portal.sandbox.fault_kinds import KINDS, USUAL

FAULTS = ("reset", "hang", "delay", "status")
MOMENTS = ("before", "after", "late")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as a fault sees it."""

    method: str
    path: str
    endpoint: str
    """Method and path with names for ids: `POST /v1/customers/{id}`."""
    email: str
    """The customer's that it is about; empty: it is about none."""
    is_replay: bool = False
    """Whether an idempotency key answers it."""


@dataclass(slots=True)
class Aim:
    """Which requests something strikes."""

    match: str
    """Method and path, with `*` for anything: `POST /v1/customers`, `* /v1/*`."""
    email: str | None = None
    """The customer's e-mail address, with `*` for anything; None: anybody's, or nobody's."""
    nth: int = 1
    """The first call to strike, of those that match."""
    times: int | None = None
    """How often it strikes; None: always."""
    seed: int | None = None
    """Makes chance the same each time: it then depends on the endpoint and the number of the call
    there, whatever else happens between."""
    seen: Counter[str] = field(default_factory=Counter)
    struck: int = 0

    def takes(self, arrival: Arrival) -> bool:
        """Tell whether this request is one to strike, counting it."""
        if self.times is not None and self.struck >= self.times:
            return False
        if not fnmatchcase(f"{arrival.method} {arrival.path}", self.match):
            return False
        if self.email is not None and not fnmatchcase(arrival.email, self.email):
            return False
        self.seen[arrival.endpoint] += 1
        return self.seen.total() >= self.nth

    def draw(self, endpoint: str) -> float:
        """Draw a number from 0 to 1 for the present call of an endpoint."""
        if self.seed is None:
            return random.random()
        return random.Random(f"{self.seed} {endpoint} {self.seen[endpoint]}").random()


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong for the requests it is aimed at."""

    aim: Aim
    fault: str
    when: str = "before"
    """Before the effect, after it, or `late`: the answer now, the effect `delay` seconds of the
    account's time later."""
    status: int = 500
    type: str | None = None
    code: str | None = None
    param: str | None = None
    message: str | None = None
    saved: bool = False
    """Whether the idempotency key keeps the refusal, as v1 keeps a 500."""
    probability: float = 1.0
    delay: float = 0.0
    """Seconds to wait; a `hang` without one lasts until the other side gives up."""
    headers: dict[str, str] = field(default_factory=dict)
    kind: str | None = None

    def __post_init__(self) -> None:
        if self.fault not in FAULTS or self.when not in MOMENTS:
            raise ValueError(f"fault is one of {FAULTS}, when is one of {MOMENTS}")

    def striking(self, arrival: Arrival) -> Fault | None:
        """Give itself if it strikes this request, counting it if so."""
        if not self.may_strike(arrival) or not self.aim.takes(arrival):
            return None
        if self.probability < 1 and self.aim.draw(arrival.endpoint) >= self.probability:
            return None
        self.aim.struck += 1
        return self

    def may_strike(self, arrival: Arrival) -> bool:
        """Tell whether it can: what a key answers can be lost, slow or too much, but not undone."""
        return not arrival.is_replay or self.fault != "status" or self.status == 429

    def error(self) -> StripeError:
        """Give the refusal of a `status` fault, in the shape Stripe gives it."""
        type, code, message = USUAL.get(self.status, USUAL[500])
        return StripeError(
            self.status,
            self.message or message,
            type=self.type or type,
            code=self.code or code,
            param=self.param,
            saved=self.saved,
        )

    def described(self) -> dict[str, Any]:
        """Give it as JSON."""
        return _described(self)


@dataclass(slots=True)
class Mixture:
    """Several kinds of faults, each striking its share of the requests aimed at."""

    aim: Aim
    kinds: dict[str, float]
    """A kind's share, from 0 to 1; what is left goes well."""
    struck_by: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        if unknown := self.kinds.keys() - KINDS.keys():
            raise ValueError(f"no such kind: {', '.join(sorted(unknown))}; known: {sorted(KINDS)}")
        if not 0 <= sum(self.kinds.values()) <= 1 or min(self.kinds.values(), default=0) < 0:
            raise ValueError("the shares of all kinds are 0 to 1 together")

    def striking(self, arrival: Arrival) -> Fault | None:
        """Draw what strikes this request, if anything does, counting it."""
        if not self.aim.takes(arrival):
            return None
        drawn = self.aim.draw(arrival.endpoint)
        for kind, share in self.kinds.items():
            drawn -= share
            if drawn < 0:
                return self._strike(kind, arrival)
        return None

    def _strike(self, kind: str, arrival: Arrival) -> Fault | None:
        fault = Fault(self.aim, kind=kind, **KINDS[kind])
        if not fault.may_strike(arrival):
            return None
        self.struck_by[kind] += 1
        self.aim.struck += 1
        return fault

    def described(self) -> dict[str, Any]:
        """Give it as JSON."""
        return _described(self)


_AIMED = {each.name for each in fields(Aim)} - {"seen", "struck"}


def _described(one: Fault | Mixture) -> dict[str, Any]:
    own = {each.name: getattr(one, each.name) for each in fields(one) if each.name != "aim"}
    aim = {name: getattr(one.aim, name) for name in (*sorted(_AIMED), "struck")}
    return aim | own


def read_faults(given: list[dict[str, Any]]) -> list[Fault | Mixture]:
    """Read faults from JSON.

    Raises:
        ValueError, TypeError: a field is unknown or makes no sense.
    """
    return [_read(each) for each in given]


def _read(given: dict[str, Any]) -> Fault | Mixture:
    if "kind" in given and given["kind"] is not None:
        if given["kind"] not in KINDS:
            raise ValueError(f"no such kind: {given['kind']}; known: {sorted(KINDS)}")
        given = {**KINDS[given["kind"]], **given}
    if "kind" in given or "kinds" in given:
        given = {"match": "POST /v1/*", **given}
    aim = Aim(**{name: value for name, value in given.items() if name in _AIMED})
    rest = {name: value for name, value in given.items() if name not in _AIMED}
    return Mixture(aim, **rest) if "kinds" in rest else Fault(aim, **rest)


def striking(faults: list[Fault | Mixture], arrival: Arrival) -> Fault | None:
    """Find the first fault that strikes this request."""
    return next((struck for each in faults if (struck := each.striking(arrival))), None)
