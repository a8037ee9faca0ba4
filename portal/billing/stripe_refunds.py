"""Money given back: what was paid for a subscription, and each payment given back once."""

from __future__ import annotations

from typing import Any

from portal.billing import stripe_words as words
from portal.billing.billed import GivenBack, Payment
from portal.billing.gateway import WORKER_S
from portal.billing.stripe_wire import StripeWire

_PAGE = 100
_UNDONE = ("failed", "canceled")


class StripeRefunds(StripeWire):
    """What we ask of Stripe when somebody withdraws from what they bought."""

    async def payments_for(self, subscription: str) -> list[Payment]:
        """List what was paid for a subscription so far, by its newest hundred invoices."""
        wanted = {"subscription": subscription, "status": "paid", "limit": _PAGE}
        listed = await self._send(
            "get", ["invoices"], wanted | {"expand": ["data.payments"]}, WORKER_S
        )
        return [
            Payment(words.id_of(intent), paid["amount_paid"], paid["currency"])
            for invoice in listed["data"]
            for paid in self.own(invoice)["payments"]["data"]
            if paid["status"] == "paid" and (intent := paid["payment"].get("payment_intent"))
        ]

    async def given_back(self, payment: str, operation: str) -> GivenBack:
        """Tell what was given back of a payment, by whomever, and for this operation."""
        wanted = {"payment_intent": payment, "limit": _PAGE}
        listed = await self._send("get", ["refunds"], wanted, WORKER_S)
        counts = [each for each in listed["data"] if each["status"] not in _UNDONE]
        ours = [each for each in counts if _operation_of(each) == operation]
        return GivenBack(sum(map(_amount, counts)), sum(map(_amount, ours)))

    async def give_back(self, payment: str, amount: int, *, operation: str, key: str) -> None:
        """Give so much of a payment back, the way it was paid."""
        params = {
            "payment_intent": payment,
            "amount": amount,
            "reason": "requested_by_customer",
            "metadata": {"operation": operation},
        }
        await self.post("refunds", params=params, key=key)


def _operation_of(refund: Any) -> str:
    return str((refund["metadata"] or {}).get("operation", ""))


def _amount(refund: Any) -> int:
    return int(refund["amount"])
