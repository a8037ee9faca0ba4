"""Money given back: what was paid for a subscription, each payment and credit back once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.billing import stripe_words as words
from portal.billing.billed_money import Credit, PaidInvoice, PaidLine, Payment, Refund
from portal.billing.gateway import WORKER_S
from portal.billing.stripe_errors import only_looked
from portal.billing.stripe_wire import StripeWire
from portal.errors import Refused

_PAGE = 100

CREDIT_STAYS = {"credit": "stays"}
"""Marks a refund that was given after Stripe had refused to take a credit off."""


class StripeRefunds(StripeWire):
    """What we ask of Stripe when somebody withdraws from what they bought.

    Each effect carries the operation's id and is looked for by it: by another key it would be had
    a second time.
    """

    async def void_open_invoices(self, subscription: str, *, key: str) -> bool:
        """Have nobody pay any more what was billed for a subscription and is not paid.

        False when Stripe refused it of some: that could be paid yet.
        """
        is_refused = False
        for invoice in await self._invoices(subscription, "open"):
            try:
                await self.post(
                    "invoices", invoice["id"], "void", params={}, key=f"{key}:{invoice['id']}"
                )
            except Refused:
                is_refused = True
        # One that was paid or voided since the look is refused as well, and is no longer to be.
        return not (is_refused and await self._invoices(subscription, "open"))

    async def paid_invoices(self, subscription: str, operation: str) -> list[PaidInvoice]:
        """List what was paid for a subscription so far: its newest hundred invoices."""
        return [
            PaidInvoice(
                stripe_id=invoice["id"],
                total=invoice["total"] - invoice["pre_payment_credit_notes_amount"],
                credit_used=(invoice["ending_balance"] or 0) - invoice["starting_balance"],
                payments=tuple(
                    [
                        await self.payment_now(words.id_of(intent), paid["amount_paid"], operation)
                        for paid in invoice["payments"]["data"]
                        if paid["status"] == "paid"
                        and (intent := paid["payment"].get("payment_intent"))
                    ]
                ),
                lines=tuple(map(_line, await self._lines(invoice))),
                noted=await self._noted(invoice),
                noted_before=invoice["pre_payment_credit_notes_amount"],
            )
            for invoice in await self._invoices(subscription, "paid")
        ]

    async def payment_now(self, payment: str, amount: int, operation: str) -> Payment:
        """Tell what went back of a payment by now, by an operation of ours and otherwise."""
        listed = await self._list("refunds", payment_intent=payment)
        ours = [each for each in listed if _operation_of(each) == operation]
        others = (each for each in listed if _operation_of(each) != operation)
        by_others = (each for each in others if each["status"] not in words.UNDONE)
        return Payment(
            payment,
            amount,
            given_by_others=sum(map(_amount, by_others)),
            given_back=sum(map(_amount, ours)),
            stuck=tuple(each["id"] for each in ours if each["status"] in words.STUCK),
            credit_stays=any(CREDIT_STAYS.items() <= each["metadata"].items() for each in ours),
        )

    async def give_back(
        self, payment: str, amount: int, *, marks: Mapping[str, str], key: str
    ) -> Refund:
        """Give so much of a payment back, the way it was paid."""
        params = {
            "payment_intent": payment,
            "amount": amount,
            "reason": "requested_by_customer",
            "metadata": dict(marks),
        }
        return _refund(await self.post("refunds", params=params, key=key))

    async def fetch_refund(self, stripe_id: str) -> Refund:
        """Fetch a refund as it stands."""
        return _refund(await self.get("refunds", stripe_id))

    async def credit_of(self, customer: str, currency: str, operation: str) -> Credit:
        """Tell what a customer has to their credit in a currency, by their balance."""
        with only_looked():
            found = await self.get("customers", customer)
        if found.get("deleted") or found.get("currency") != currency:
            return Credit(0)
        listed = await self._list("customers", customer, "balance_transactions")
        moved = sum(_amount(each) for each in listed if _operation_of(each) == operation)
        return Credit(max(0, moved - int(found["balance"])), moved)

    async def take_credit(
        self, customer: str, amount: int, currency: str, *, operation: str, key: str
    ) -> None:
        """Take so much off what a customer has to their credit; below zero, put it back."""
        params = {"amount": amount, "currency": currency, "metadata": {"operation": operation}}
        await self.post("customers", customer, "balance_transactions", params=params, key=key)

    async def _invoices(self, subscription: str, status: str) -> list[Mapping[str, Any]]:
        wanted = {"subscription": subscription, "status": status, "expand": ["data.payments"]}
        return [self.own(invoice) for invoice in await self._list("invoices", **wanted)]

    async def _lines(self, invoice: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return all lines of an invoice: it brings but the first of them."""
        lines: list[Mapping[str, Any]] = list(invoice["lines"]["data"])
        has_more = invoice["lines"]["has_more"]
        while has_more:
            wanted = {"limit": _PAGE, "starting_after": lines[-1]["id"]}
            place = ["invoices", invoice["id"], "lines"]
            with only_looked():
                page = await self._send("get", place, wanted, WORKER_S)
            lines += page["data"]
            has_more = page["has_more"]
        return lines

    async def _noted(self, invoice: Mapping[str, Any]) -> int:
        """Return what credit notes gave back of a paid invoice otherwise than by a refund."""
        if not invoice["post_payment_credit_notes_amount"]:
            return 0
        listed = await self._list("credit_notes", invoice=invoice["id"])
        return sum(_noted(note) for note in listed if note["status"] != "void")

    async def _list(self, *place: str, **wanted: Any) -> list[Mapping[str, Any]]:
        """List the newest hundred. No failure of a look hides an effect: the key stays."""
        with only_looked():
            found = await self._send("get", place, wanted | {"limit": _PAGE}, WORKER_S)
        return list(found["data"])


def _line(found: Any) -> PaidLine:
    starts_at, ends_at = (words.moment_of(found["period"][name]) for name in ("start", "end"))
    discounts = found["discount_amounts"] or ()
    added = [tax for tax in found["taxes"] or () if tax["tax_behavior"] == "exclusive"]
    amount = _amount(found) - sum(map(_amount, discounts)) + sum(map(_amount, added))
    return PaidLine(amount, starts_at, ends_at)


def _refund(found: Any) -> Refund:
    status = found["status"]
    return Refund(
        stripe_id=found["id"],
        amount=_amount(found),
        change=str((found["metadata"] or {}).get("change", "")),
        is_undone=status in words.UNDONE,
        is_waiting=status in words.STUCK and status not in words.UNDONE,
    )


def _noted(note: Any) -> int:
    refunds = (each for each in note["refunds"] if each["refund"])
    return int(note["post_payment_amount"]) - sum(int(each["amount_refunded"]) for each in refunds)


def _operation_of(found: Any) -> str:
    return str((found["metadata"] or {}).get("operation", ""))


def _amount(found: Any) -> int:
    return int(found["amount"])
