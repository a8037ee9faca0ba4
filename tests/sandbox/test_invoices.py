"""Invoices made by hand, and what is done with them."""

from __future__ import annotations

import urllib.parse
from typing import Any

import aiohttp
import pytest
import stripe

from tests.sandbox.lives import DAY_S, HOUR_S, START, a_life, advance, customer_on_clock, give_card
from tests.sandbox.selling import ada


async def _draft(api: Any, customer: str, amount: int = 500, **more: Any) -> Any:
    """Draw up an invoice with one line."""
    invoice = await api.invoices.create_async({"customer": customer, "currency": "eur", **more})
    given = {"customer": customer, "invoice": invoice.id, "amount": amount, "currency": "eur"}
    await api.invoice_items.create_async({**given, "description": "Cup"})
    return await api.invoices.retrieve_async(invoice.id)


async def test_a_draft_gathers_items_and_is_finalized_and_paid(api: Any) -> None:
    customer = await ada(api)
    await give_card(api, customer.id, "pm_card_visa")
    draft = await _draft(api, customer.id, description="Cups", metadata={"a": "b"})

    final = await api.invoices.finalize_invoice_async(draft.id)
    paid = await api.invoices.pay_async(draft.id)

    assert (draft.status, draft.total, draft.billing_reason) == ("draft", 500, "manual")
    assert (draft.auto_advance, draft.description, draft.metadata["a"]) == (False, "Cups", "b")
    assert (final.status, final.number is None) == ("open", False)
    assert (paid.status, paid.amount_paid) == ("paid", 500)
    with pytest.raises(stripe.InvalidRequestError):
        await api.invoices.finalize_invoice_async(draft.id)


async def test_items_of_a_draft_come_and_go(api: Any) -> None:
    customer = await ada(api)
    draft = await _draft(api, customer.id)
    given = {"customer": customer.id, "invoice": draft.id, "amount": 300, "currency": "eur"}
    saucer = await api.invoice_items.create_async(given)

    both = await api.invoices.retrieve_async(draft.id)
    await api.invoice_items.update_async(saucer.id, {"amount": 100})
    cheaper = await api.invoices.retrieve_async(draft.id)
    await api.invoice_items.delete_async(saucer.id)

    assert (both.total, cheaper.total) == (800, 600)
    assert (await api.invoices.retrieve_async(draft.id)).total == 500


async def test_a_draft_can_take_along_what_waits(api: Any) -> None:
    customer = await ada(api)
    rate = await api.tax_rates.create_async(
        {"display_name": "VAT", "percentage": 20, "inclusive": False}
    )
    for amount in (500, 700):
        await api.invoice_items.create_async(
            {"customer": customer.id, "amount": amount, "currency": "eur"}
        )

    draft = await api.invoices.create_async(
        {
            "customer": customer.id,
            "currency": "eur",
            "pending_invoice_items_behavior": "include",
            "default_tax_rates": [rate.id],
        }
    )

    assert (draft.subtotal, draft.total) == (1200, 1440)


async def test_a_draft_that_advances_is_final_and_charged_an_hour_later(api: Any) -> None:
    customer = await customer_on_clock(api)
    draft = await _draft(api, customer.id, auto_advance=True)

    await advance(api, customer.test_clock, START + HOUR_S)

    assert draft.automatically_finalizes_at == START + HOUR_S
    assert (await api.invoices.retrieve_async(draft.id)).status == "paid"


async def test_what_is_finalized_early_is_charged_an_hour_later(api: Any) -> None:
    customer = await customer_on_clock(api)
    draft = await _draft(api, customer.id)
    final = await api.invoices.finalize_invoice_async(draft.id, {"auto_advance": True})

    await advance(api, customer.test_clock, START + HOUR_S)

    assert (final.status, final.next_payment_attempt) == ("open", START + HOUR_S)
    assert (await api.invoices.retrieve_async(draft.id)).status == "paid"


async def test_a_draft_is_deleted_and_its_items_wait_again(api: Any) -> None:
    customer = await ada(api)
    draft = await _draft(api, customer.id)

    gone = await api.invoices.delete_async(draft.id)

    assert gone.deleted is True
    with pytest.raises(stripe.InvalidRequestError):
        await api.invoices.retrieve_async(draft.id)
    waiting = await api.invoice_items.list_async({"customer": customer.id, "pending": True})
    assert [each.amount for each in waiting.data] == [500]


async def test_a_subscriptions_invoice_is_not_deleted(api: Any) -> None:
    ada = await a_life(api)

    with pytest.raises(stripe.InvalidRequestError):
        await api.invoices.delete_async((await ada.invoices())[0].id)


async def test_an_invoice_is_voided_or_given_up_and_paid_after_all(api: Any) -> None:
    customer = await ada(api)
    card = await give_card(api, customer.id, "pm_card_visa")
    ids = [(await _draft(api, customer.id)).id for _ in range(2)]
    for id in ids:
        await api.invoices.finalize_invoice_async(id)

    voided = await api.invoices.void_invoice_async(ids[0])
    given_up = await api.invoices.mark_uncollectible_async(ids[1])
    paid = await api.invoices.pay_async(ids[1], {"payment_method": card})

    assert (voided.status, given_up.status, paid.status) == ("void", "uncollectible", "paid")
    assert given_up.status_transitions.marked_uncollectible_at
    for refused in (
        api.invoices.pay_async(ids[0]),
        api.invoices.void_invoice_async(ids[1]),
        api.invoices.mark_uncollectible_async(ids[0]),
    ):
        with pytest.raises(stripe.InvalidRequestError):
            await refused


async def test_a_sent_invoice_is_overdue_when_nobody_pays_it(api: Any) -> None:
    ada = await a_life(api, card="", collection_method="send_invoice", days_until_due=14)
    (first,) = await ada.invoices()
    sent = await api.invoices.send_invoice_async(first.id)

    await ada.until(START + 15 * DAY_S)

    assert (sent.status, sent.due_date) == ("open", START + 14 * DAY_S)
    assert (await ada.now()).status == "past_due"
    assert len(await ada.events("invoice.sent")) == len(await ada.events("invoice.overdue")) == 1


async def test_only_an_invoice_that_is_sent_is_sent(api: Any) -> None:
    draft = await _draft(api, (await ada(api)).id)

    with pytest.raises(stripe.InvalidRequestError, match="send_invoice"):
        await api.invoices.send_invoice_async(draft.id)


async def test_how_a_final_invoice_is_collected_stays(api: Any) -> None:
    customer = await ada(api)
    draft = await _draft(api, customer.id)
    changed = await api.invoices.update_async(
        draft.id, {"collection_method": "send_invoice", "days_until_due": 3, "footer": "Bye"}
    )
    await api.invoices.finalize_invoice_async(draft.id)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.invoices.update_async(draft.id, {"days_until_due": 5})

    assert changed.due_date - draft.created in range(3 * DAY_S, 3 * DAY_S + 60)
    assert (refusal.value.code, changed.footer) == ("invoice_not_editable", "Bye")
    noted = await api.invoices.update_async(draft.id, {"metadata": {"a": "b"}})
    assert noted.metadata["a"] == "b"


async def test_a_subscription_with_nothing_waiting_has_no_invoice_to_make(api: Any) -> None:
    ada = await a_life(api)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await api.invoices.create_async(
            {"customer": ada.customer, "subscription": ada.subscription}
        )

    assert refusal.value.code == "invoice_no_subscription_line_items"


async def test_prorations_that_wait_can_be_invoiced_by_hand(api: Any) -> None:
    ada = await a_life(api, unit_amount=3000)
    await ada.until(START + 15 * DAY_S)
    await ada.change(items=[{"id": ada.item, "quantity": 2}])

    draft = await api.invoices.create_async(
        {"customer": ada.customer, "subscription": ada.subscription}
    )

    assert (draft.total, draft.parent.subscription_details.subscription) == (1500, ada.subscription)
    assert await ada.pending() == []


async def test_invoices_are_found_by_what_they_are(api: Any) -> None:
    ada = await a_life(api, card="", collection_method="send_invoice", days_until_due=14)
    draft = await _draft(api, ada.customer)
    due = START + 14 * DAY_S

    for given, expected in (
        ({"status": "draft"}, [draft.id]),
        ({"collection_method": "charge_automatically"}, [draft.id]),
        ({"subscription": ada.subscription}, [(await ada.invoices())[1].id]),
        ({"due_date": {"gte": due, "lt": due + 1}}, [(await ada.invoices())[1].id]),
        ({"created": {"gt": START}}, []),
    ):
        assert [each.id for each in await ada.invoices(**given)] == expected


async def test_lines_are_listed_in_their_order_and_in_pages(api: Any) -> None:
    customer = await ada(api)
    draft = await _draft(api, customer.id, 1)
    for amount in (2, 3):
        given = {"customer": customer.id, "invoice": draft.id, "amount": amount}
        await api.invoice_items.create_async({**given, "currency": "eur"})

    first = await api.invoices.line_items.list_async(draft.id, {"limit": 2})
    rest = await api.invoices.line_items.list_async(draft.id, {"starting_after": first.data[-1].id})

    assert [line.amount for line in first.data] == [1, 2]
    assert (first.has_more, [line.amount for line in rest.data]) == (True, [3])


async def test_a_final_invoice_has_a_page_and_a_paper(
    api: Any, http: aiohttp.ClientSession
) -> None:
    draft = await _draft(api, (await ada(api)).id)

    final = await api.invoices.finalize_invoice_async(draft.id)

    assert draft.hosted_invoice_url is draft.invoice_pdf is None
    for url in (final.hosted_invoice_url, final.invoice_pdf):
        assert urllib.parse.urlsplit(url).hostname == "127.0.0.1"
        async with http.get(url) as page:
            assert (page.status, final.number in await page.text()) == (200, True)


async def test_a_payment_of_an_invoice_can_be_looked_up(api: Any) -> None:
    ada = await a_life(api, unit_amount=900)
    (first,) = await ada.invoices()

    payments = await api.invoice_payments.list_async({"invoice": first.id})

    (payment,) = payments.data
    assert (payment.status, payment.amount_paid) == ("paid", 900)
    assert (await api.invoice_payments.retrieve_async(payment.id)).invoice == first.id


async def test_an_invoice_that_is_voided_gives_the_balance_back(api: Any) -> None:
    customer = await ada(api, balance=-200)
    draft = await _draft(api, customer.id)
    final = await api.invoices.finalize_invoice_async(draft.id)
    used = (await api.customers.retrieve_async(customer.id)).balance

    await api.invoices.void_invoice_async(draft.id)

    assert (final.total, final.amount_due, used) == (500, 300, 0)
    assert (await api.customers.retrieve_async(customer.id)).balance == -200
