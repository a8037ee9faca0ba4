"""The parts of the form by themselves, at their limits."""

from __future__ import annotations

from portal.access.tokens import token_of
from portal.database import run_sql
from tests.onboarding.shop import Shop
from tests.pages.browsing import HTMX, Visitor
from tests.pages.shelves import change_site
from tests.people import ADA


async def test_without_a_plan_there_is_no_order_to_show(shop: Shop, ada: Visitor) -> None:
    typed = await ada.fill("/signup", ADA)

    assert (await ada.send("/signup/order", typed, headers=HTMX)).status_code == 404


async def test_fields_cannot_be_checked_without_end(shop: Shop, ada: Visitor) -> None:
    await change_site(shop, limits='{"checks_per_minute": 1}')
    await ada.send("/signup/field/email", ADA, headers=HTMX)

    answer = await ada.send("/signup/field/email", ADA, headers=HTMX)

    assert answer.status_code == 429
    assert "Wait a few minutes and try again." in answer.text
    assert answer.headers["hx-retarget"] == "#problem"
    assert answer.headers["retry-after"] == "60"


async def test_a_link_for_an_address_that_is_nobody_s_leads_nowhere(
    shop: Shop, ada: Visitor
) -> None:
    nobody = {"email": "nobody@example.com"}
    await ada.send("/signin", await ada.fill("/signin", nobody))
    (asked_for,) = await run_sql("SELECT id FROM sign_in_request")

    page = await ada.open(f"/signin/link/{token_of(asked_for['id'])}")

    assert (await ada.press(page, "")).headers["location"] == "/signin"
    assert await run_sql("SELECT id FROM session") == []
