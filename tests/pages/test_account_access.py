"""Who sees the pages of an account: its customer, signed in, and nobody else."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from portal import clock
from portal.database import run_sql
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.pages.signed_in import at_her_account
from tests.pages.test_invoices import MALLORY, bill
from tests.people import ADA

ROUTES = (
    "/account",
    "/account/history",
    "/account/invoices",
    "/account/invoices/{invoice}",
    "/account/invoices/{invoice}/pdf",
    "/account/invoices/{invoice}/pay",
)
HERS = ("Ada", "Lovelace", ADA["email"], "49.00", "4242")


def tells_nothing(answer: httpx.Response) -> bool:
    told = answer.text + str(answer.headers)
    return not any(word in told for word in HERS)


@pytest.mark.parametrize("how", ["stranger", "expired", "too old", "ended"])
async def test_without_a_session_that_is_open_every_page_leads_to_the_sign_in(
    shop: Shop, ada: Visitor, mallory: Visitor, how: str
) -> None:
    invoice = await bill(shop, await at_her_account(ada, plan="reader"))
    now = clock.now()
    if how == "expired":
        await run_sql("UPDATE session SET seen_at = {}", now - timedelta(hours=25))
    elif how == "too old":
        await run_sql("UPDATE session SET signed_in_at = {}", now - timedelta(days=31))
    elif how == "ended":
        await run_sql("UPDATE session SET ended_at = {}", now)
    visitor = mallory if how == "stranger" else ada
    asked = len(await shop.stripe.calls())

    answers = [await visitor.open(route.format(invoice=invoice)) for route in ROUTES]

    assert {answer.status_code for answer in answers} == {303}
    assert {answer.headers["location"] for answer in answers} == {"/signin"}
    assert all(answer.content == b"" and tells_nothing(answer) for answer in answers)
    assert len(await shop.stripe.calls()) == asked


async def test_another_customer_sees_nothing_of_hers(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    invoice = await bill(shop, await at_her_account(ada, plan="reader"))
    await at_her_account(mallory, MALLORY | {"last_name": "Trudy"}, plan="reader")

    answers = [await mallory.open(route.format(invoice=invoice)) for route in ROUTES]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 404, 404, 404]
    assert all(tells_nothing(answer) for answer in answers)
