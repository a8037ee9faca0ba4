"""Events as Stripe sends them: a body and its signature."""

from __future__ import annotations

import hmac
import json
import time
from typing import Any

SECRET = "whsec_of_acme"
EVENT: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "type": "customer.subscription.updated",
    "created": 1_790_000_000,
    "livemode": False,
    "api_version": "2026-10-28.endive",
    "data": {"object": {"id": "sub_1", "object": "subscription", "customer": "cus_1"}},
}


def body_of(**changes: Any) -> bytes:
    """Write an event, pretty as Stripe's are."""
    return json.dumps(EVENT | changes, indent=2).encode()


def signed(body: bytes, secret: str = SECRET, ahead_s: int = 0) -> str:
    """Sign a body as if it were sent so many seconds from now."""
    at = int(time.time()) + ahead_s
    digest = hmac.digest(secret.encode(), f"{at}.".encode() + body, "sha256").hex()
    return f"t={at},v1={digest}"
