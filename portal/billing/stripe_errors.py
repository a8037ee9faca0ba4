"""What Stripe's errors mean, in our words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp

from portal.billing.billed import CardRefused
from portal.billing.stripe_sdk import stripe
from portal.errors import (
    EffectError,
    Indeterminate,
    KeyRejected,
    NotAllowed,
    NotBegun,
    Refused,
    Unanswered,
)

# What Stripe says of a restricted key that lacks a permission; the code came later.
_MISSING = "more_permissions_required"
_MISSING_SAID = "does not have the required permissions for this endpoint"


@contextmanager
def our_errors() -> Iterator[None]:
    """Turn whatever the SDK or the wire raises into an EffectError."""
    try:
        yield
    except stripe.StripeError as error:
        raise in_our_words(error) from None
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        # The SDK lets errors through that come while it reads an answer's body.
        raise Unanswered(type(error).__name__) from None


@contextmanager
def only_looked() -> Iterator[None]:
    """Take a failure for no answer: a look has no effect that it could hide.

    So the key stays. A payment under it, of which no answer came, may be under way yet.
    """
    try:
        yield
    except Indeterminate as failed:
        raise Unanswered(str(failed)) from None


def in_our_words(error: stripe.StripeError) -> EffectError:
    """Say what an answer means for us: see the table in reliability 2.4.

    An answer without Stripe's own words in it comes from something in between, so it says nothing
    about the effect, whatever its status.
    """
    status = error.http_status or 0
    told = _told(error)
    code = str(told.get("code") or told.get("type") or status)
    if status == 429 or code in ("rate_limit", "lock_timeout"):
        return NotBegun(code, retry_after_s=_seconds(error))
    if not told:
        return Unanswered(f"{type(error).__name__} {status or ''}".strip())
    if status == 409:
        return NotBegun(code)
    if status >= 500 or told.get("type") == "idempotency_error":
        return Indeterminate(code)
    return _definite(status, code, told)


def _definite(status: int, code: str, told: Mapping[str, Any]) -> EffectError:
    param = str(told["param"]) if told.get("param") else None
    said = str(told.get("message") or "")
    if status == 403 and (code == _MISSING or _MISSING_SAID in said):
        return NotAllowed(said)
    if status == 401 or (status == 403 and param is None):
        return KeyRejected(f"{code}: {said}")
    kind = CardRefused if status == 402 else Refused
    return kind(code, param=param, said=said)


def _told(error: stripe.StripeError) -> Mapping[str, Any]:
    body = error.json_body
    told = body.get("error") if isinstance(body, Mapping) else None
    return told if isinstance(told, Mapping) else {}


def _seconds(error: stripe.StripeError) -> float | None:
    try:
        return min(300.0, max(0.0, float((error.headers or {})["Retry-After"])))
    except (KeyError, ValueError):
        return None
