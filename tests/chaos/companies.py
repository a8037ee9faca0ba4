"""Another company beside the first, so that a test can tell whose trouble is whose."""

from __future__ import annotations

from portal import clock
from portal.plans.tables import Plan, Price
from portal.sealing import seal
from portal.sites.storefront import find_site, forget_sites
from portal.sites.tables import Company, Site
from tests.local_stripe import open_account
from tests.onboarding.shop import Shop


async def second_company(shop: Shop) -> Shop:
    """Open another company with a key, a site and a plan of its own."""
    stripe, now = shop.stripe, clock.now()
    account = await open_account(stripe.url, stripe.http)
    key = seal(account.key, "stripe_key")
    await Company.insert(
        Company(id="comp_2", key="harbor", name="Harbor", stripe_account=account.account,
                stripe_key=key, created_at=now)
    )  # fmt: skip
    await Site.insert(
        Site(id="site_2", number=2, company="comp_2", key="harbor", name="Harbor Tea",
             country="DE", currency="eur", created_at=now)
    )  # fmt: skip
    asked = {
        "unit_amount": "1200", "currency": "eur", "recurring[interval]": "month",
        "product_data[name]": "studio",
    }  # fmt: skip
    price = await account.post("prices", asked)
    await Plan.insert(
        Plan(id="plan_2", company="comp_2", key="studio", name="Studio", position=0,
             trial_days=14, created_at=now)
    )  # fmt: skip
    await Price.insert(
        Price(id="pric_2", plan="plan_2", interval="month", currency="eur", amount=1200,
              lookup_key="studio", stripe_id=price["id"])
    )  # fmt: skip
    forget_sites()
    return Shop(await find_site(None, "harbor"), account, shop.worker)
