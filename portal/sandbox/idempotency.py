"""Idempotency keys as v1 of Stripe's API has them.

The first result under a key is kept for at least 24 hours of the account's clock, a 500 as well as
a success. The same key with other parameters is refused, and so is a second request while the
first runs. What never began, or was refused for its parameters, is not kept.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from portal.sandbox.account import Account, Row
from portal.sandbox.errors import StripeError

KEPT_FOR_S = 24 * 3600


def fingerprint(method: str, path: str, params: dict[str, Any]) -> str:
    """Tell requests apart: method, address and parameters."""
    text = json.dumps([method, path, params], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def begin(account: Account, key: str, print_: str) -> Row | None:
    """Begin under a key, or give the result that is kept.

    Raises:
        StripeError: the key was used for another request, or is in use at this moment.
    """
    kept = account.get("_idempotency", key)
    if kept and kept["at"] + KEPT_FOR_S < account.account_time():
        with account.transaction():
            account.remove("_idempotency", key)
        kept = None
    if kept and kept["print"] != print_:
        raise StripeError(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were first"
            f" used with. Try using a key other than '{key}' if you meant to execute a different"
            " request.",
            type="idempotency_error",
            saved=False,
        )
    if kept:
        return kept
    if key in account.in_flight:
        raise StripeError(
            409,
            "There is currently another in-progress request using this Idempotency Key (that"
            " probably means you submitted twice, and the other request is still going through):"
            f" {key}. Please try again later.",
            type="idempotency_error",
            code="idempotency_key_in_use",
            saved=False,
        )
    account.in_flight.add(key)
    return None


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
