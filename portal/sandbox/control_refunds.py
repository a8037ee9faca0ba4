"""Refunds from behind: some do not arrive, as when a card was closed meanwhile."""

from __future__ import annotations

from typing import Any

from portal.sandbox.controls import Asked, control
from portal.sandbox.errors import StripeError
from portal.sandbox.refunds import change_refund
from portal.sandbox.views import shown

_STATUSES = ("succeeded", "pending", "requires_action", "failed", "canceled")


@control(
    "Payments",
    "POST",
    "/refunds",
    "Has a refund stand another way: succeeded, pending, requires_action, failed or canceled. One"
    " that failed or was canceled is back on the account's balance. Without a refund, each that is"
    " made from now on begins so.",
    body='{"refund": "re_…", "status": "failed"}',
    answer='{"refund": {"id": "re_…", "status": "failed", …}}   null without one',
)
def _refunds(asked: Asked) -> Any:
    account, status, id = asked.account, asked.given["status"], asked.given.get("refund")
    if status not in _STATUSES:
        raise ValueError(f"a refund is one of: {', '.join(_STATUSES)}")
    if id is not None and account.get("refund", id) is None:
        raise StripeError(404, f"No such refund: '{id}'")
    with account.transaction():
        if id is None:
            account.edit("_settings", "settings")["refunds"] = status
            return {"refund": None}
        refund = change_refund(account, id, status)
    asked.sandbox.courier.wake(account)
    return {"refund": shown(account, refund)}
