"""API keys: the account's own, more of them, restricted ones, and those that were revoked."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.errors import StripeError
from portal.sandbox.operations import Operation
from portal.sandbox.rows import Row, new_id
from portal.sandbox.wire import Request
from portal.sandbox.world import Sandbox

_NAMES = {
    "account": "accounts_kyc_basic",
    "accounts": "accounts_kyc_basic",
    "billing/meter_events": "billing_meter_event",
    "billing/meters": "billing_meter",
    "billing_portal/configurations": "customer_portal",
    "billing_portal/sessions": "customer_portal",
    "checkout/sessions": "checkout_session",
    "customers/payment_methods": "payment_method",
    "invoiceitems": "invoice",
    "prices": "plan",
    "refunds": "charge",
    "subscription_items": "subscription",
    "subscription_schedules": "subscription",
    "test_helpers/test_clocks": "billing_clock",
    "webhook_endpoints": "webhook",
}
"""What permissions call a resource, where it is not its own name without the s."""


def key_of(request: Request) -> str:
    """Read the key from the Authorization header; empty: there is none."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return rest.strip() if scheme.lower() == "bearer" else ""


def find_account(sandbox: Sandbox, request: Request) -> Account:
    """Find the account of the request's API key.

    Raises:
        StripeError: 401, there is no key or nobody has it; 403, it is another account's.
    """
    key = key_of(request)
    if not key:
        raise StripeError(
            401,
            "You did not provide an API key. You need to provide your API key in the Authorization"
            " header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
            saved=False,
        )
    account = sandbox.holder(key)
    if account is None:
        raise StripeError(401, f"Invalid API Key provided: {_masked(key)}", saved=False)
    for named in (request.account, request.headers.get("stripe-account")):
        if named and named != account.id:
            raise StripeError(
                403,
                f"The provided key '{_masked(key)}' does not have access to account '{named}' (or"
                " that account does not exist). Application access may have been revoked.",
                code="account_invalid",
                saved=False,
            )
    return account


def require_valid(account: Account, key: str) -> None:
    """Refuse a key that was revoked.

    Raises:
        StripeError: 401.
    """
    row = account.get("_key", key)
    if row and row["revoked"]:
        raise StripeError(
            401, f"Expired API Key provided: {_masked(key)}", code="api_key_expired", saved=False
        )


def require_permission(account: Account, key: str, found: Operation) -> None:
    """Refuse what a restricted key may not do.

    Raises:
        StripeError: 403, naming the permission that is missing.
    """
    row = account.get("_key", key)
    if row is None or row["permissions"] is None:
        return
    resource, can = permission_for(found)
    held = row["permissions"]
    if f"{resource}_write" not in held and f"{resource}_{can}" not in held:
        raise StripeError(
            403,
            f"The provided key '{_masked(key)}' does not have the required permissions for this"
            f" endpoint on account '{account.id}'. Having the 'rak_{resource}_{can}' permission"
            " would allow this request to continue.",
            code="more_permissions_required",
            saved=False,
        )


def permission_for(found: Operation) -> tuple[str, str]:
    """Tell which permission an operation needs: resource, and read or write."""
    parts = [part for part in found.pattern[1:] if not part.startswith("{")]
    resource = _NAMES.get("/".join(parts[:2])) or _NAMES.get(parts[0]) or parts[0].removesuffix("s")
    return resource, "read" if found.method == "GET" else "write"


def add_key(account: Account, permissions: list[str] | None) -> Row:
    """Make another key of an account; with permissions, a restricted one."""
    kind = "sk" if permissions is None else "rk"
    mode = "live" if account.livemode else "test"
    with account.transaction():
        return account.add(_row(new_id(f"{kind}_{mode}"), permissions), "_key")


def set_revoked(account: Account, key: str, *, is_revoked: bool) -> Row:
    """Let a key count no more, or again; the account's own first key as well."""
    with account.transaction():
        if account.get("_key", key) is None:
            account.add(_row(key, None), "_key")
        row = account.edit("_key", key)
        row["revoked"] = is_revoked
    return row


def _row(key: str, permissions: list[str] | None) -> dict[str, Any]:
    return {"id": key, "permissions": permissions, "revoked": False}


def _masked(key: str) -> str:
    return f"{key[:8]}{'*' * max(len(key) - 12, 0)}{key[-4:]}"
