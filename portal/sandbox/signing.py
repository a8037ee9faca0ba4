"""Signatures on deliveries: the right one, and those that nobody should believe."""

from __future__ import annotations

import hashlib
import hmac

from portal.sandbox.rows import Row, new_id

SIGNATURES = ("right", "another", "former", "stale", "future", "missing")
"""right: with the endpoint's secret, and with a rolled one while that still counts; another: with
a secret nobody has; former: with the rolled one alone; stale and future: an hour off; missing: no
header."""
_OFF_S = {"stale": -3600, "future": 3600}


def signature_header(how: str, payload: bytes, endpoint: Row, now: int, at: int) -> dict[str, str]:
    """Sign a payload; `now` is the account's time, by which secrets expire, `at` the real one."""
    if how == "missing":
        return {}
    secrets = [endpoint["_secret"]]
    former = endpoint.get("_former", [])
    if how == "right":
        secrets += [each["secret"] for each in former if each["until"] > now]
    elif how == "former" and former:
        secrets = [former[-1]["secret"]]
    elif how in ("another", "former"):
        secrets = [new_id("whsec", 32)]
    return {"Stripe-Signature": signature(payload, secrets, at + _OFF_S.get(how, 0))}


def signature(payload: bytes, secrets: list[str], at: int) -> str:
    """Sign a payload as Stripe does, with each secret.

    Source: https://docs.stripe.com/webhooks/signature
    """
    signed = f"{at}.".encode() + payload
    marks = [hmac.new(each.encode(), signed, hashlib.sha256).hexdigest() for each in secrets]
    return ",".join([f"t={at}", *(f"v1={mark}" for mark in marks)])
