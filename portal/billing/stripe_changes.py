"""Changes of a subscription that runs: what they would cost, and how they are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.billing import stripe_words as words
from portal.billing.billed import PlannedPrice
from portal.billing.billed_invoices import BilledLine, BilledPreview
from portal.billing.gateway import REQUEST_S
from portal.billing.stripe_wire import StripeWire


class StripeChanges(StripeWire):
    """What we ask of Stripe when somebody changes, pauses or ends a plan."""

    async def preview(
        self, params: Mapping[str, Any], *, within_s: float = REQUEST_S
    ) -> BilledPreview:
        """Draw up the invoice that a change would bring, without making it."""
        place = "invoices", "create_preview"
        found = await self.post(*place, params=params, within_s=within_s)
        lines = tuple(map(_line, found["lines"]["data"]))
        return BilledPreview(
            currency=found["currency"],
            subtotal=found["subtotal"],
            discount=sum(each["amount"] for each in found["total_discount_amounts"] or ()),
            total=found["total"],
            amount_due=found["amount_due"],
            lines=lines,
        )

    async def update_subscription(
        self, stripe_id: str, params: Mapping[str, Any], *, key: str
    ) -> None:
        """Change what these parameters name of a subscription.

        Raises:
            CardRefused: it was to be paid at once, and was not; then nothing has changed.
        """
        await self.post("subscriptions", stripe_id, params=params, key=key)

    async def end_subscription(self, stripe_id: str) -> None:
        """End a subscription now, without a last invoice."""
        await self._send("delete", ("subscriptions", stripe_id), {}, REQUEST_S)

    async def plan_price(
        self,
        subscription: str,
        planned: PlannedPrice,
        terms: Mapping[str, Any],
        *,
        marks: Mapping[str, str],
        key: str,
    ) -> None:
        """Have a subscription take other prices when its period ends, by a schedule.

        The schedule lets go of the subscription once that is done. A schedule that plans nothing
        yet is what an earlier try has left, and is used.
        """
        found = await self.get("subscriptions", subscription, expand=["schedule"])
        schedule = found["schedule"] or await self.post(
            "subscription_schedules", params={"from_subscription": subscription}, key=f"{key}:take"
        )
        present = _present_in(schedule)
        params = {
            "phases": [_until(present, planned), _later(found, present, planned, terms)],
            "end_behavior": "release",
            "proration_behavior": "none",
            "metadata": dict(marks),
        }
        await self.post("subscription_schedules", schedule["id"], params=params, key=key)

    async def release_schedule(self, schedule: str, *, key: str) -> None:
        """Let a subscription go on as it is, whatever was planned for it."""
        await self.post("subscription_schedules", schedule, "release", params={}, key=key)


def _line(line: Any) -> BilledLine:
    parent = line["parent"] or {}
    details = parent.get(parent.get("type") or "") or {}
    priced = line["pricing"] or {}
    return BilledLine(
        words=line["description"] or "",
        amount=line["amount"],
        is_proration=bool(details.get("proration")),
        starts_at=words.moment_of(line["period"]["start"]),
        ends_at=words.moment_of(line["period"]["end"]),
        price=words.id_of((priced.get("price_details") or {}).get("price") or ""),
    )


def _present_in(schedule: Mapping[str, Any]) -> Mapping[str, Any]:
    starts = schedule["current_phase"]["start_date"]
    phase: Mapping[str, Any]
    (phase,) = (each for each in schedule["phases"] if each["start_date"] == starts)
    return phase


def _until(present: Mapping[str, Any], planned: PlannedPrice) -> dict[str, Any]:
    """Say the present phase again, up to the change: what is left out of it would be lost."""
    given = {
        "items": [_item(item) for item in present["items"]],
        "start_date": present["start_date"],
        "end_date": int(planned.at.timestamp()),
        "proration_behavior": "none",
        "trial_end": present.get("trial_end"),
    }
    return {name: value for name, value in (given | _kept(present)).items() if value}


def _later(
    found: Mapping[str, Any],
    present: Mapping[str, Any],
    planned: PlannedPrice,
    terms: Mapping[str, Any],
) -> dict[str, Any]:
    """Say the phase to come: all there will be, of which what stays is taxed as it is."""
    held = {words.id_of(item["price"]): _item(item) for item in found["items"]["data"]}
    items = [
        held.get(price, {}) | {"price": price} | ({"quantity": quantity} if quantity else {})
        for price, quantity in planned.items
    ]
    given = {"items": items, "proration_behavior": "none", **_kept(present), **terms}
    return {name: value for name, value in given.items() if value}


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    given = {"price": words.id_of(item["price"]), "quantity": item.get("quantity")}
    rates = [words.id_of(rate) for rate in item.get("tax_rates") or ()]
    return {name: value for name, value in (given | {"tax_rates": rates}).items() if value}


def _kept(phase: Mapping[str, Any]) -> dict[str, Any]:
    """Keep how a phase is taxed and discounted."""
    automatic = phase.get("automatic_tax") or {}
    return {
        "default_tax_rates": [words.id_of(rate) for rate in phase["default_tax_rates"] or ()],
        "discounts": [_discount(each) for each in phase.get("discounts") or ()],
        "automatic_tax": {"enabled": True} if automatic.get("enabled") else None,
        "metadata": dict(phase.get("metadata") or {}),
    }


def _discount(told: Mapping[str, Any]) -> dict[str, str]:
    names = ("discount", "coupon", "promotion_code")
    return next({name: words.id_of(told[name])} for name in names if told.get(name))
