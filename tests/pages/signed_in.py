"""Somebody at their account: signed up, signed in, and what Stripe then has of them."""

from __future__ import annotations

from portal import clock
from portal.database import run_sql
from tests.pages.browsing import Visitor
from tests.pages.mails import link_in, mail_to
from tests.people import ADA


async def at_her_account(
    visitor: Visitor, typed: dict[str, str] = ADA, plan: str = "studio"
) -> str:
    """Sign somebody up and in; return who they are here."""
    await visitor.sign_up(typed, f"?plan={plan}")
    now, email = clock.now(), typed["email"]
    await run_sql("UPDATE customer SET email_verified_at = {} WHERE email = {}", now, email)
    await visitor.send("/signin", await visitor.fill("/signin", {"email": email}))
    await visitor.press(await visitor.open(link_in(await mail_to(email))), "")
    rows = await run_sql("SELECT id FROM customer WHERE email = {}", email)
    return str(rows[0]["id"])


async def at_stripe(customer: str) -> str:
    """Return a customer's id at Stripe."""
    rows = await run_sql("SELECT stripe_id FROM customer WHERE id = {}", customer)
    return str(rows[0]["stripe_id"])
