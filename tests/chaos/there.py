"""What happens at Stripe beside us: people's cards and cancellations, time, and what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.chaos.citizens import PEOPLE
from tests.chaos.holding import customers_there, live_of
from tests.onboarding.shop import Shop


@dataclass
class There:
    """The town's Stripe, as its customers and the weather find it."""

    shop: Shop
    time: Any
    faults: list[dict[str, Any]] = field(default_factory=list)

    async def add_card(self, who: str, card: str) -> None:
        """Put a card on file, as the billing portal does."""
        customer = await self._stripe_id_of(who)
        if customer:
            await self._at_stripe("POST", f"/v1/payment_methods/{card}/attach", customer=customer)
            (method, *_) = [
                row
                for row in reversed(await self.shop.stripe.objects("payment_method"))
                if row["customer"] == customer
            ] or [None]
            if method:
                chosen = {"invoice_settings[default_payment_method]": method["id"]}
                await self._at_stripe("POST", f"/v1/customers/{customer}", **chosen)

    async def cancel(self, who: str, *, now: bool) -> None:
        """End a subscription, or have it end with its period."""
        for held in await live_of(self.shop, await self._stripe_id_of(who)):
            path = f"/v1/subscriptions/{held['id']}"
            if now:
                await self._at_stripe("DELETE", path)
            else:
                await self._at_stripe("POST", path, cancel_at_period_end="true")

    async def delete_customer(self, who: str, *, silently: bool) -> None:
        """Delete somebody in the Dashboard; silently: no event tells of it."""
        if customer := await self._stripe_id_of(who):
            path = f"/v1/customers/{customer}"
            await self.shop.stripe.in_dashboard("DELETE", path, event=not silently)

    async def delete_subscription(self, who: str, *, silently: bool) -> None:
        """End what somebody holds at once, in the Dashboard; silently: no event tells of it."""
        for held in await live_of(self.shop, await self._stripe_id_of(who)):
            path = f"/v1/subscriptions/{held['id']}"
            await self.shop.stripe.in_dashboard("DELETE", path, event=not silently)

    async def pass_time(self, by: timedelta) -> None:
        """Let time go by, here and there."""
        self.time.shift(by)
        await self.shop.stripe.control("GET", "/clock")

    async def go_wrong(self, **fault: Any) -> None:
        """Set a fault."""
        self.faults.append(fault)
        await self.shop.stripe.fault(**fault)

    async def go_well(self) -> None:
        """Clear every fault."""
        self.faults.clear()
        await self.shop.stripe.mend()

    async def _at_stripe(self, method: str, path: str, **form: str) -> None:
        """Ask Stripe for something as its own pages do, which no fault strikes."""
        stripe = self.shop.stripe
        await stripe.mend()
        answer = await stripe.http.request(
            method,
            f"{stripe.url}{path}",
            data=form or None,
            headers={"authorization": f"Bearer {stripe.key}"},
        )
        assert answer.status_code in (200, 400, 402, 404), answer.text
        await self.go_wrong_again()

    async def go_wrong_again(self) -> None:
        """Let only those faults strike that were set last."""
        await self.shop.stripe.mend()
        for fault in self.faults:
            await self.shop.stripe.fault(**fault)

    async def _stripe_id_of(self, who: str) -> str | None:
        for row in await customers_there(self.shop):
            if row["email"] == PEOPLE[who]["email"]:
                return str(row["id"])
        return None
