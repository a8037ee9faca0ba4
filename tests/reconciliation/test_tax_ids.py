"""Tax ids that somebody changed in Stripe's billing portal come by their events, or by a sweep."""

from __future__ import annotations

from portal.customers.held_tax_ids import held_tax_ids
from tests.reconciliation.conftest import Swept, delivered, listening

__all__ = ["listening"]

GERMAN, FRENCH = "DE129273398", "FR40303265045"


async def test_they_come_when_stripe_tells_of_them_and_when_that_is_lost(
    swept: Swept, listening: None
) -> None:
    await swept.people(1)
    (ada,) = await swept.customers()
    tax_ids = (await swept.v1()).customers.tax_ids

    async def held() -> list[str]:
        await delivered(swept)
        return [one.value for one in await held_tax_ids(ada["id"])]

    added = await tax_ids.create_async(ada["stripe_id"], {"type": "eu_vat", "value": GERMAN})
    assert await held() == [GERMAN]

    await swept.shop.stripe.control("POST", "/webhooks", {"drop": 1.0, "seed": 11})
    await tax_ids.delete_async(ada["stripe_id"], added.id)
    await tax_ids.create_async(ada["stripe_id"], {"type": "eu_vat", "value": FRENCH})
    assert await held() == [GERMAN], "the negative control: nobody told"

    report = await swept.sweep(full=False)

    assert report.heard_again > 0
    assert await held() == [FRENCH]
