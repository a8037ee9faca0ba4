"""Idempotency keys as v1 of Stripe's API has them.

The first result under a key is kept for at least 24 hours of the account's clock, a 500 as well as
a success. The same key with other parameters is refused, and so is a second request while the
first runs. What never began, or was refused for its parameters, is not kept.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from portal.sandbox.account import Account
from portal.sandbox.errors import StripeError
from portal.sandbox.rows import Row

KEPT_FOR_S = 24 * 3600


def fingerprint(method: str, path: str, params: dict[str, Any]) -> str:
    """Tell requests apart: method, address and parameters."""
    text = msgspec.json.encode([method, path, params], order="sorted")
    return hashlib.sha256(text).hexdigest()


def begin(account: Account, key: str, print_: str) -> Row | None:
    """Begin under a key, or give the result that is kept.

    Raises:
        StripeError: the key was used for another request, or is in use at this moment.
    """
    _prune(account)
    kept = account.get("_idempotency", key)
    if kept and kept["print"] != print_:
        account.conditions.keys_seen["mismatches"] += 1
        raise _of_another(key)
    if kept:
        account.conditions.keys_seen["replays"] += 1
        return kept
    if key in account.in_flight:
        account.conditions.keys_seen["conflicts"] += 1
        raise _in_use(key)
    account.in_flight.add(key)
    return None


def _of_another(key: str) -> StripeError:
    return StripeError(
        400,
        "Keys for idempotent requests can only be used with the same parameters they were first"
        f" used with. Try using a key other than '{key}' if you meant to execute a different"
        " request.",
        type="idempotency_error",
        saved=False,
    )


def _in_use(key: str) -> StripeError:
    return StripeError(
        409,
        "There is currently another in-progress request using this Idempotency Key (that"
        " probably means you submitted twice, and the other request is still going through):"
        f" {key}. Please try again later.",
        type="idempotency_error",
        code="idempotency_key_in_use",
        saved=False,
    )


def _prune(account: Account) -> None:
    """Drop what is older than a day; the oldest comes first, so the first young one ends it."""
    old_at = account.account_time() - KEPT_FOR_S
    rows = account.kind("_idempotency")
    while rows and next(iter(rows.values()))["at"] < old_at:
        with account.transaction():
            account.remove("_idempotency", next(iter(rows)))


def keep(account: Account, key: str, print_: str, status: int, body: Row, request: str) -> None:
    """Keep a result, in the transaction of its effect or in one of its own."""
    with account.transaction():
        account.add(
            {
                "id": key,
                "print": print_,
                "status": status,
                "body": body,
                "request": request,
                "at": account.account_time(),
            },
            "_idempotency",
        )
