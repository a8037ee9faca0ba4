"""The account itself."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.errors import StripeError
from portal.sandbox.operations import Call, operation
from portal.sandbox.rows import Row


@operation("GET", "/v1/account", "AccountRetrieveParams")
def retrieve_own_account(call: Call) -> Row:
    """Give the account of this key."""
    return _shown(call.account)


@operation("GET", "/v1/accounts/{id}", "AccountRetrieveParams")
def retrieve_account(call: Call) -> Row:
    """Give an account by its id: only one's own."""
    if call.ids["id"] != call.account.id:
        raise StripeError(
            403,
            f"The provided key does not have access to account '{call.ids['id']}' (or that account"
            " does not exist). Application access may have been revoked.",
            code="account_invalid",
        )
    return _shown(call.account)


def _shown(account: Account) -> Row:
    return {
        "id": account.id,
        "object": "account",
        "business_profile": {"name": "Sandbox", "url": None, "support_email": None, "mcc": None},
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": "US",
        "created": 1_700_000_000,
        "default_currency": "usd",
        "details_submitted": True,
        "email": "seller@example.com",
        "metadata": {},
        "payouts_enabled": True,
        "type": "standard",
    }
