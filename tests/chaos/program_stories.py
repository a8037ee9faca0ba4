"""What a seller's program asks for: how it comes to be owed, and how it ends well."""

from __future__ import annotations

from typing import Any

from portal.billing.gateway import gateway_of
from portal.customers.tax_id import TaxId
from portal.onboarding.asked import Asked
from portal.onboarding.signup import sign_up
from tests.chaos.story import COMPANY, Story, row_of
from tests.onboarding.shop import Shop, details

_FRENCH = TaxId("FR40303265045", "eu_vat", is_valid=True)


async def _adopt(shop: Shop, email: str) -> None:
    """Have somebody else taken over who is at Stripe already, with a tax id and a card."""
    former: Any = {"email": f"former.{email}", "metadata": {"crm": "7"}}
    there = await (await gateway_of(COMPANY)).v1.customers.create_async(former)
    asked = Asked(key="key_1", adopts=there.id, payment="tok_visa", tax_ids=(_FRENCH,))
    chosen = await shop.plan("studio")
    await sign_up(shop.site, details(email=f"new.{email}"), chosen=chosen, asked=asked)


async def _is_adopted(shop: Shop, email: str) -> bool:
    """Nobody was made, one plan was sold, and there is one tax id, and a card to pay by."""
    row = await row_of(f"new.{email}")
    there = {one["id"]: one for one in await shop.stripe.objects("customer")}
    theirs = there.get(row["stripe_id"])
    if theirs is None:
        return False
    of_whom = {
        kind: [one["customer"] for one in await shop.stripe.objects(kind)].count(theirs["id"])
        for kind in ("subscription", "tax_id")
    }
    marks = theirs["metadata"].get("customer"), theirs["metadata"].get("crm")
    pays_by = theirs["invoice_settings"]["default_payment_method"]
    is_one_of_each = len(there) == 2 and of_whom == {"subscription": 1, "tax_id": 1}
    return is_one_of_each and marks == (row["id"], "7") and pays_by is not None


PROGRAM_STORIES = (Story("somebody at Stripe is taken over", _adopt, _is_adopted, points=110),)
