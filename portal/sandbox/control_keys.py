"""An account's keys from behind: more of them, restricted, revoked."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.controls import Asked, control
from portal.sandbox.errors import StripeError
from portal.sandbox.keys import add_key, set_revoked
from portal.sandbox.rows import Row

_KEYS = "Keys"
_KEY = '{"key": "rk_test_…", "permissions": ["customer_write"], "revoked": false}'


@control(
    _KEYS,
    "GET",
    "/keys",
    "Lists the account's keys. Permissions of null mean all.",
    answer=f'{{"keys": [{_KEY}]}}',
)
def _keys(asked: Asked) -> Any:
    return {"keys": keys_of(asked.account)}


def keys_of(account: Account) -> list[Row]:
    """Give the account's keys, its own first."""
    rows = account.kind("_key")
    own = rows.get(account.key, {"id": account.key, "permissions": None, "revoked": False})
    return [_described(row) for row in ({account.key: own} | rows).values()]


@control(
    _KEYS,
    "POST",
    "/keys",
    "Makes another key; with permissions, a restricted one (rk_…). Each names a resource and read"
    " or write, and write includes read: customer, subscription, customer_portal, invoice, plan (of"
    " prices), product, event, webhook, coupon and so on; a refusal (403) names the missing one.",
    body='{"permissions": ["customer_write", "invoice_read"]}   null, or left out: all',
    answer=_KEY,
)
def _add(asked: Asked) -> Any:
    permissions = asked.given.get("permissions")
    for each in permissions or []:
        if not each.endswith(("_read", "_write")):
            raise ValueError(f"a permission ends in _read or _write: {each}")
    return _described(add_key(asked.account, permissions))


@control(
    _KEYS,
    "POST",
    "/keys/{named}/revoke",
    "Revokes a key, the first one too: the API answers 401 from now on. The control API still"
    " takes it, to tell the account.",
    answer=_KEY,
)
def _revoke(asked: Asked) -> Any:
    return _set_revoked(asked, is_revoked=True)


@control(
    _KEYS,
    "POST",
    "/keys/{named}/restore",
    "Lets a revoked key count again, which Stripe cannot.",
    answer=_KEY,
)
def _restore(asked: Asked) -> Any:
    return _set_revoked(asked, is_revoked=False)


def _set_revoked(asked: Asked, *, is_revoked: bool) -> Row:
    key = asked.query["named"]
    if asked.sandbox.holder(key) is not asked.account:
        raise StripeError(404, f"The account has no key {key}.")
    return _described(set_revoked(asked.account, key, is_revoked=is_revoked))


def _described(row: Row) -> Row:
    return {"key": row["id"], "permissions": row["permissions"], "revoked": row["revoked"]}
