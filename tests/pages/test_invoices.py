"""A customer's invoices: listed, printed, led to at Stripe, and never another's."""

from __future__ import annotations

import asyncio
import re

import pytest

from portal import clock
from portal.amounts import written_date
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.pages.signed_in import at_her_account, at_stripe
from tests.pages.test_overview import give_card, give_plan
from tests.people import ADA

MALLORY = ADA | {"email": "mallory@example.org", "first_name": "Mallory"}


def words_of(html: str) -> str:
    """Return what is read on a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


async def bill(shop: Shop, customer: str) -> str:
    """Bill somebody for a plan that costs something at once, and have it paid; name the invoice."""
    await give_card(shop, customer, 12, 2034)
    held = await give_plan(shop, customer, "house")
    (made,) = [
        one for one in await shop.stripe.objects("invoice")
        if one["parent"]["subscription_details"]["subscription"] == held
    ]  # fmt: skip
    return str(made["id"])


async def test_an_invoice_is_listed_with_its_number_date_amount_and_status(
    shop: Shop, ada: Visitor
) -> None:
    invoice = await bill(shop, await at_her_account(ada, plan="reader"))

    page = await ada.open("/account/invoices")

    assert page.status_code == 200
    today = written_date(clock.now())
    read = words_of(page.text)
    assert re.search(rf"[A-Z0-9]+-\d{{4}} {today} · Start of your plan €49.00 Paid PDF", read)
    assert f'href="/account/invoices/{invoice}/pdf"' in page.text
    assert shop.stripe.url not in page.text


async def test_an_invoice_is_shown_in_full_to_be_printed(shop: Shop, ada: Visitor) -> None:
    invoice = await bill(shop, await at_her_account(ada, plan="reader"))

    page = await ada.open(f"/account/invoices/{invoice}")

    read = words_of(page.text)
    assert f"Paid on {written_date(clock.now())} Billed to Ada Lovelace" in read
    assert "12 St James’s Square" in page.text
    assert "Total €49.00 Paid €49.00" in read
    assert "Still due" not in read
    assert shop.stripe.url not in page.text


async def test_the_pdf_and_the_page_to_pay_on_are_stripes(shop: Shop, ada: Visitor) -> None:
    invoice = await bill(shop, await at_her_account(ada, plan="reader"))
    (made,) = [one for one in await shop.stripe.objects("invoice") if one["id"] == invoice]

    pdf = await ada.open(f"/account/invoices/{invoice}/pdf")
    paid = await ada.open(f"/account/invoices/{invoice}/pay")

    assert (pdf.status_code, pdf.headers["location"]) == (303, made["invoice_pdf"])
    assert paid.headers["location"] == made["hosted_invoice_url"]
    assert pdf.headers["cache-control"] == "no-store"
    assert pdf.headers["referrer-policy"] == "no-referrer"


async def test_what_was_paid_back_is_shown_in_part_and_whole(shop: Shop, ada: Visitor) -> None:
    invoice = await bill(shop, await at_her_account(ada, plan="reader"))
    (paid,) = await shop.stripe.objects("payment_intent")
    today = written_date(clock.now())

    async def give_back(amount: int) -> tuple[str, str]:
        await shop.stripe.post("refunds", {"payment_intent": paid["id"], "amount": amount})
        pages = [await ada.open(f"/account/invoices{one}") for one in ("", f"/{invoice}")]
        return words_of(pages[0].text), words_of(pages[1].text)

    listed, shown = await give_back(1000)
    assert f"Start of your plan €10.00 paid back on {today} €49.00 Partly paid back" in listed
    assert f"Paid €49.00 Paid back on {today} -€10.00" in shown

    listed, shown = await give_back(3900)
    assert f"€10.00 paid back on {today} €39.00 paid back on {today} €49.00 Paid back" in listed
    assert f"Paid back on {today} -€10.00 Paid back on {today} -€39.00" in shown


async def test_where_stripe_does_not_tell_what_was_paid_back_invoices_are_shown(
    shop: Shop, ada: Visitor
) -> None:
    invoice = await bill(shop, await at_her_account(ada, plan="reader"))
    for what in ("GET /v1/charges*", "GET /v1/refunds*"):
        await shop.stripe.fault(match=what, fault="status", status=403)

    for path in ("/account/invoices", f"/account/invoices/{invoice}"):
        page = await ada.open(path)
        assert page.status_code == 200
        assert "€49.00" in page.text
        assert "aid back" not in page.text


@pytest.mark.parametrize("way", ["", "/pdf", "/pay"])
async def test_another_customers_invoice_is_not_found(
    shop: Shop, ada: Visitor, mallory: Visitor, way: str
) -> None:
    invoice = await bill(shop, await at_her_account(ada, plan="reader"))
    await at_her_account(mallory, MALLORY, plan="reader")

    answer = await mallory.open(f"/account/invoices/{invoice}{way}")
    unknown = await mallory.open(f"/account/invoices/in_nothing{way}")

    assert answer.status_code == unknown.status_code == 404
    assert "Ada" not in answer.text
    assert "location" not in answer.headers
    listed = await mallory.open("/account/invoices", params={"after": invoice})
    assert listed.status_code == 200
    assert invoice not in listed.text


@pytest.mark.parametrize("named", ["in_", "cus_1", "..", "in_1%2F..%2F..", "in_1%00", "i" * 300])
async def test_what_is_no_invoices_name_is_not_asked_for(
    shop: Shop, ada: Visitor, named: str
) -> None:
    await at_her_account(ada, plan="reader")
    before = len(await shop.stripe.calls())

    assert (await ada.open(f"/account/invoices/{named}/pdf")).status_code == 404
    assert len(await shop.stripe.calls()) == before


async def test_a_draft_is_not_shown(shop: Shop, ada: Visitor) -> None:
    theirs = await at_stripe(await at_her_account(ada, plan="reader"))
    draft = await shop.stripe.post("invoices", {"customer": theirs, "auto_advance": "false"})

    assert draft["id"] not in (await ada.open("/account/invoices")).text
    assert (await ada.open(f"/account/invoices/{draft['id']}")).status_code == 404


async def test_earlier_invoices_are_on_further_pages(shop: Shop, ada: Visitor) -> None:
    theirs = await at_stripe(await at_her_account(ada, plan="reader"))
    made = [await shop.stripe.post("invoices", {"customer": theirs}) for _ in range(21)]
    await asyncio.gather(*(shop.stripe.post(f"invoices/{one['id']}/finalize", {}) for one in made))
    first = await ada.open("/account/invoices")
    (further,) = re.findall(r'href="(/account/invoices\?after=[^"]+)"', first.text)

    second = await ada.open(further)

    shown = [set(re.findall(r"in_\w+(?=/pdf)", page.text)) for page in (first, second)]
    assert len(shown[0]) == 20
    assert shown[0] | shown[1] >= {one["id"] for one in made}
    assert not shown[0] & shown[1]
    assert "Earlier invoices" not in second.text
    assert "Newest invoices" in second.text


async def test_without_an_invoice_that_is_said(shop: Shop, ada: Visitor) -> None:
    await at_her_account(ada)
    for made in await shop.stripe.objects("invoice"):
        assert made["total"] == 0

    assert "Nothing due" in (await ada.open("/account/invoices")).text


async def test_while_stripe_does_not_answer_the_page_stays_and_says_so(
    shop: Shop, ada: Visitor
) -> None:
    await at_her_account(ada, plan="reader")
    await shop.stripe.fault(match="GET /v1/invoices*", fault="status", status=500)

    page = await ada.open("/account/invoices")

    assert page.status_code == 503
    assert "so we cannot show your invoices" in page.text
    assert 'aria-current="page"' in page.text
    assert "Try again" in page.text
