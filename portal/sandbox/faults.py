"""Faults: what a test tells the sandbox to do wrong."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.errors import StripeError

FAULTS = ("reset", "hang", "delay", "status")
MOMENTS = ("before", "after", "late")


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong for the requests it matches."""

    match: str
    """Method and path, with `*` for anything: `POST /v1/customers`, `* /v1/*`."""
    fault: str
    when: str = "before"
    """Before the effect, after it, or `late`: the answer now, the effect `delay` seconds later."""
    status: int = 500
    type: str | None = None
    code: str | None = None
    param: str | None = None
    message: str | None = None
    saved: bool = False
    """Whether the idempotency key keeps the refusal, as v1 keeps a 500."""
    times: int | None = None
    """How often it strikes; None: always."""
    probability: float = 1.0
    seed: int | None = None
    delay: float = 0.0
    """Seconds to wait; a `hang` without one lasts ten minutes."""
    headers: dict[str, str] = field(default_factory=dict)
    struck: int = 0
    _dice: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        if self.fault not in FAULTS or self.when not in MOMENTS:
            raise ValueError(f"fault is one of {FAULTS}, when is one of {MOMENTS}")
        self._dice = random.Random(self.seed)

    def strikes(self, method: str, path: str) -> bool:
        """Tell whether it strikes this request, counting it if so."""
        if self.times is not None and self.struck >= self.times:
            return False
        if not fnmatchcase(f"{method} {path}", self.match):
            return False
        if self.probability < 1 and self._dice.random() >= self.probability:
            return False
        self.struck += 1
        return True

    def error(self) -> StripeError:
        """Give the refusal of a `status` fault, in the shape Stripe gives it."""
        type, code, message = _USUAL.get(self.status, _USUAL[500])
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
        return {name: value for name, value in asdict(self).items() if not name.startswith("_")}


_REFUSED = "invalid_request_error"
_USUAL: dict[int, tuple[str, str | None, str]] = {
    400: (_REFUSED, None, "The sandbox was told to refuse this."),
    401: (_REFUSED, None, "Invalid API Key provided: sk_test_****"),
    402: ("card_error", "card_declined", "Your card was declined."),
    403: (_REFUSED, None, "The provided key does not have the required permissions."),
    404: (_REFUSED, "resource_missing", "No such thing."),
    409: (
        "idempotency_error",
        "idempotency_key_in_use",
        "There is currently another in-progress request using this Idempotency Key.",
    ),
    429: (_REFUSED, "rate_limit", "Too many requests hit the API too quickly."),
    500: ("api_error", None, "An unknown error occurred."),
}


def read_faults(given: list[dict[str, Any]]) -> list[Fault]:
    """Read faults from JSON.

    Raises:
        ValueError, TypeError: a field is unknown or makes no sense.
    """
    return [Fault(**each) for each in given]


def striking(account: Account, method: str, path: str) -> Fault | None:
    """Find the first fault that strikes this request."""
    return next((fault for fault in account.faults if fault.strikes(method, path)), None)
