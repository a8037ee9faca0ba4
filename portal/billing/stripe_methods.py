"""The payment methods of a customer at Stripe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.billing import stripe_words as words
from portal.billing.gateway import REQUEST_S
from portal.billing.stripe_wire import StripeWire
from portal.errors import Refused


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment, or the saving of a card, that somebody has confirmed already.

    Empty: it has no customer (cus_…), or no payment method (pm_…) that is theirs.
    """

    stripe_id: str
    status: str
    customer: str
    method: str
    made_at: datetime


class StripeMethods(StripeWire):
    """What we ask of Stripe when somebody is to pay by a method that a program names."""

    async def have_method(self, stripe_id: str, method: str, *, key: str) -> str:
        """Have a customer pay by this method from now on; return its id. Safe to repeat.

        A card's token (tok_…) is good for once; a method (pm_…) of somebody else is refused.
        """
        if method.startswith("tok_"):
            card = {"type": "card", "card": {"token": method}}
            method = (await self.post("payment_methods", params=card, key=f"{key}:token"))["id"]
        method = await self._attach(stripe_id, method, key)
        chosen = {"invoice_settings": {"default_payment_method": method}}
        await self.post("customers", stripe_id, params=chosen, key=f"{key}:choose")
        return method

    async def _attach(self, stripe_id: str, method: str, key: str) -> str:
        place, params = ("payment_methods", method, "attach"), {"customer": stripe_id}
        try:
            return str((await self.post(*place, params=params, key=f"{key}:attach"))["id"])
        except Refused:
            # It may be theirs already.
            if (await self.get("payment_methods", method))["customer"] != stripe_id:
                raise
            return method

    async def newest_method(self, stripe_id: str) -> str | None:
        """Return the method (pm_…) that a customer came by last, if there is one."""
        listed: Mapping[str, Any] = await self._send(
            "get", ("customers", stripe_id, "payment_methods"), {"limit": 1}, REQUEST_S
        )
        return str(listed["data"][0]["id"]) if listed["data"] else None

    async def fetch_intent(self, stripe_id: str) -> Intent:
        """Fetch a payment intent (pi_…) or a setup intent (seti_…) as it is now.

        Raises:
            Refused: there is none.
        """
        kind = "setup_intents" if stripe_id.startswith("seti_") else "payment_intents"
        found = await self.get(kind, stripe_id, expand=["payment_method"], within_s=REQUEST_S)
        customer, method = found["customer"] or "", found["payment_method"]
        # One that was not kept for the customer was good for once.
        is_kept = bool(method) and method["customer"] == customer
        theirs = method["id"] if is_kept else ""
        made_at = words.moment_of(found["created"])
        return Intent(found["id"], found["status"], customer, theirs, made_at)

    async def let_intent_go(self, stripe_id: str) -> None:
        """Give back what a payment intent holds and has not taken. Safe to repeat."""
        try:
            await self.post("payment_intents", stripe_id, "cancel", params={})
        except Refused as refused:
            if refused.reason not in ("payment_intent_unexpected_state", "resource_missing"):
                raise
