"""A shop for tests: one site and three plans, here and in the sandbox, and people who sign up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from portal import clock
from portal.billing.billed import Discount
from portal.billing.budget import Breaker
from portal.billing.gateway import gateway_of
from portal.customers.details import CustomerDetails, FormRules, read_details
from portal.database import run_sql
from portal.onboarding.signup import SignedUp, sign_up
from portal.plans.catalogue import Chosen, choose
from portal.plans.discounts import in_currency
from portal.plans.offers import forget_offers, offers_of
from portal.plans.tables import Plan, Price
from portal.sites.storefront import Storefront, find_site, forget_sites
from portal.sites.tables import Company, Site
from portal.worker import Worker
from tests.local_stripe import LocalStripe
from tests.people import ADA

RULES = FormRules(organisation="optional")
BROWSER = "the hash of Ada's browser"

# key, cents a month, days of trial
PLANS = (("studio", 1200, 14), ("house", 4900, 0), ("reader", 0, 0))


@dataclass(frozen=True, slots=True)
class Shop:
    """The site, the sandbox behind it, and a worker that runs when told."""

    site: Storefront
    stripe: LocalStripe
    worker: Worker

    async def plan(self, key: str) -> Chosen:
        """Choose a plan of ours, monthly."""
        return choose(await offers_of(self.site), key, "month", "eur")

    async def sign_up(
        self,
        plan: str | None = "studio",
        *,
        browser: str | None = BROWSER,
        site: Storefront | None = None,
        coupon: Discount | None = None,
        verified: bool = False,
        again: str | None = None,
        **typed: str,
    ) -> SignedUp:
        """Sign Ada up, with these answers instead of hers."""
        chosen = await self.plan(plan) if plan else None
        return await sign_up(
            site or self.site,
            details(**typed),
            chosen=chosen,
            coupon=coupon,
            browser_hash=browser,
            verified=verified,
            again=again,
        )

    async def coupon(self, **given: Any) -> Discount:
        """Make a coupon, and a promotion code if named; look it up as the pages do."""
        code = given.pop("code", "")
        await self.stripe.post("coupons", {"id": "TEA"} | given)
        if code:
            promotion = {"promotion[type]": "coupon", "promotion[coupon]": "TEA", "code": code}
            await self.stripe.post("promotion_codes", promotion)
        found = await (await gateway_of(self.site.company_id)).find_discount(code or "TEA")
        assert found is not None
        return in_currency(Discount(**asdict(found)), "eur")

    async def work(self) -> None:
        """Let the worker do whatever is due now."""
        await self.worker.run_until_idle()

    async def work_in_the_end(self) -> None:
        """Let the worker do everything, without the waits between tries."""
        for _ in range(20):
            await self.worker.run_until_idle()
            rows = await run_sql("SELECT id FROM operation WHERE state = 'ready'")
            if not rows:
                return
            await run_sql("UPDATE operation SET next_at = {} WHERE state = 'ready'", clock.now())
            (await gateway_of(self.site.company_id)).transport.breaker = Breaker()
        raise AssertionError("Something is never done.")

    async def key_seen(self) -> None:
        """Wait until the worker that starts has looked at the key: what follows is the test's."""
        async with asyncio.timeout(10):
            while ("GET", "/v1/account") not in await self.stripe.calls():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def counts(self) -> tuple[int, int]:
        """Count customers and subscriptions at the sandbox."""
        made = [len(await self.stripe.objects(kind)) for kind in ("customer", "subscription")]
        return made[0], made[1]

    def with_tax(self, tax: str, *rates: str) -> Storefront:
        """Return the site as if it taxed so."""
        return replace(self.site, tax=tax, tax_rates=rates)


def details(**typed: str) -> CustomerDetails:
    """Read Ada's answers, changed by these."""
    return read_details(ADA | typed, RULES)


async def onboarding(signed_up: SignedUp) -> Mapping[str, Any]:
    """Read the sign-up's row."""
    return (await run_sql("SELECT * FROM onboarding WHERE id = {}", signed_up.onboarding))[0]


async def operations(state: str | None = None) -> list[Mapping[str, Any]]:
    """Read every operation at Stripe, or those in this state, in their order."""
    rows = await run_sql("SELECT * FROM operation WHERE lane LIKE 'stripe:%' ORDER BY id")
    return [row for row in rows if state in (None, row["state"])]


async def open_shop(stripe: LocalStripe) -> Shop:
    """Write the rows, and make the prices at the sandbox."""
    now = clock.now()
    await Company.insert(
        Company(
            id="comp_1", key="acme", name="Acme", stripe_account=stripe.account, created_at=now
        )
    )  # fmt: skip
    await Site.insert(
        Site(
            id="site_1", number=1, company="comp_1", key="europe", name="Acme Tea", country="DE",
            currency="eur", created_at=now,
        )
    )  # fmt: skip
    for position, (key, amount, trial_days) in enumerate(PLANS):
        await _sell(stripe, key, amount, trial_days, position)
    forget_sites()
    forget_offers()
    return Shop(await find_site(None), stripe, Worker())


async def _sell(stripe: LocalStripe, key: str, amount: int, trial_days: int, position: int) -> None:
    price = await stripe.post(
        "prices",
        {
            "unit_amount": str(amount), "currency": "eur", "recurring[interval]": "month",
            "product_data[name]": key, "lookup_key": key,
        },
    )  # fmt: skip
    await Plan.insert(
        Plan(
            id=f"plan_{key}", company="comp_1", key=key, name=key.title(), position=position,
            trial_days=trial_days, stripe_product=price["product"], created_at=clock.now(),
        )
    )  # fmt: skip
    await Price.insert(
        Price(
            id=f"pric_{key}", plan=f"plan_{key}", interval="month", currency="eur", amount=amount,
            lookup_key=key, stripe_id=price["id"],
        )
    )  # fmt: skip
