"""Somebody with a paid plan, signed in."""

from __future__ import annotations

from typing import Any

from portal.billing.gateway import gateway_of
from portal.database import run_sql
from portal.subscriptions.refresh import refresh
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.pages.mails import link_in, mail_to
from tests.people import ADA

DAYS = 24 * 3600


async def sign_in(visitor: Visitor, email: str = ADA["email"]) -> None:
    """Sign somebody in by the link in the mail; what was entered is theirs."""
    await visitor.send("/signin", await visitor.fill("/signin", {"email": email}))
    link = link_in(await mail_to(email))
    await visitor.press(await visitor.open(link), "")


async def become_member(
    shop: Shop, visitor: Visitor, plan: str = "house", card: str | None = "pm_card_visa"
) -> None:
    """Have Ada buy a plan, pay for it, and sign in."""
    await visitor.sign_up(ADA, f"?plan={plan}")
    if card:
        await add_card(shop, card)
    await sign_in(visitor)


async def add_card(shop: Shop, card: str = "pm_card_visa") -> None:
    """Give Ada another card, and have all that follows done."""
    (row,) = await run_sql("SELECT id, company, stripe_id FROM customer")
    v1 = (await gateway_of(row["company"])).v1
    added = await v1.payment_methods.attach_async(card, {"customer": row["stripe_id"]})
    chosen: Any = {"invoice_settings": {"default_payment_method": added.id}}
    await v1.customers.update_async(row["stripe_id"], chosen)
    await refresh(row["id"])
    await shop.work_in_the_end()
    await refresh(row["id"])


async def held_at_stripe(shop: Shop) -> dict[str, Any]:
    """Return the one subscription that Stripe has."""
    (found,) = await shop.stripe.objects("subscription")
    return found


async def pass_days(shop: Shop, days: int) -> None:
    """Let time go by at Stripe."""
    await shop.stripe.control("POST", "/clock", {"advance": days * DAYS})
