"""The hosted billing portal: what it shows, what it lets a customer do, and what it refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.sandbox.browsing import (
    BACK,
    GOOD,
    action,
    default_card,
    open_flow,
    open_portal,
    send_card,
    types_of,
    words,
)
from tests.sandbox.conftest import PATIENCE_S, Control
from tests.sandbox.selling import a_price, ada

DAY_S = 86_400
MARKUP = "<script>alert(1)</script>\"'"


@pytest.fixture
async def browser(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without a window."""
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE_S, verify=False) as client:
        yield client


async def subscribed(api: Any, customer: str, *, unit_amount: int = 900, **more: Any) -> Any:
    """Subscribe a customer as the signing-up portal does: a card is not needed to begin."""
    price = await a_price(api, unit_amount=unit_amount)
    return await api.subscriptions.create_async(
        {
            "customer": customer,
            "items": [{"price": price.id}],
            "payment_behavior": "default_incomplete",
            **more,
        }
    )


async def configured(api: Any, **features: Any) -> str:
    """Make a configuration with these features alone; give its id."""
    features.setdefault("invoice_history", {"enabled": False})
    made = await api.billing_portal.configurations.create_async({"features": features})
    return str(made.id)


async def test_home_tells_who_what_and_how_it_is_paid(browser: httpx.AsyncClient, api: Any) -> None:
    customer = await ada(api)
    await subscribed(
        api,
        customer.id,
        trial_period_days=14,
        trial_settings={"end_behavior": {"missing_payment_method": "pause"}},
    )
    session = await open_portal(api, customer.id)

    home = words(await browser.get(session))

    for told in (
        "Return to the seller",
        "Ada Lovelace · ada@example.com",
        "Tea Trial",
        "€9.00 per month",
        "Without a payment method it pauses then.",
        "No payment method yet.",
        "London SW1Y 4LB United Kingdom",
        "+442079460000",
    ):
        assert told in home


@pytest.mark.parametrize(
    ("amount", "given", "told"),
    [
        (0, {}, "Your plan renews on"),
        (900, {}, "Your plan begins when the first invoice is paid."),
        (900, {"trial_period_days": 3}, "Then it is €9.00 per month."),
    ],
)
async def test_a_plan_says_how_it_stands(
    browser: httpx.AsyncClient, api: Any, amount: int, given: dict[str, Any], told: str
) -> None:
    customer = await ada(api)
    await subscribed(api, customer.id, unit_amount=amount, **given)

    home = await browser.get(await open_portal(api, customer.id))

    assert told in words(home)


async def test_a_plan_that_failed_to_renew_says_so(
    browser: httpx.AsyncClient, api: Any, control: Control
) -> None:
    customer = await ada(api)
    card = await api.payment_methods.attach_async(
        "pm_card_chargeCustomerFail", {"customer": customer.id}
    )
    await subscribed(api, customer.id, trial_period_days=3, default_payment_method=card.id)
    await control.post("clock", {"advance": 4 * DAY_S})

    home = words(await browser.get(await open_portal(api, customer.id)))

    assert "Past due" in home
    assert "The last payment failed. It is tried again on" in home
    assert "Pay invoice" in home


async def test_a_session_that_is_unknown_or_expired_is_not_found(
    browser: httpx.AsyncClient, api: Any, control: Control
) -> None:
    customer = await ada(api)
    session = await open_portal(api, customer.id)
    await control.post("clock", {"advance": 3601})

    answers = [
        await browser.get(path)
        for path in (session, f"{session}/card", "/p/session/mallory", "/p/", "/p/session/", "/i/x")
    ]

    assert {each.status_code for each in answers} == {404}
    assert "This page is not here" in words(answers[0])
    assert "Ada" not in answers[0].text


async def test_a_wrong_method_or_address_inside_a_session_is_not_found(
    browser: httpx.AsyncClient, api: Any
) -> None:
    session = await open_portal(api, (await ada(api)).id)

    assert (await browser.post(session)).status_code == 404
    assert (await browser.get(f"{session}/use/pm_1")).status_code == 404
    assert (await browser.get(f"{session}/nothing")).status_code == 404


async def test_a_plan_is_canceled_at_its_end_and_kept_again(
    browser: httpx.AsyncClient, api: Any
) -> None:
    customer = await ada(api)
    plan = await subscribed(api, customer.id, unit_amount=0)
    session = await open_portal(api, customer.id)

    asked = await browser.get(f"{session}/cancel/{plan.id}")
    sent = [await browser.post(action(asked)) for _ in range(2)]
    planned = await api.subscriptions.retrieve_async(plan.id)
    home = await browser.get(sent[0].headers["location"])
    kept = [await browser.post(f"{session}/keep/{plan.id}") for _ in range(2)]
    after = await api.subscriptions.retrieve_async(plan.id)

    assert "your plan stays available until" in words(asked)
    assert {each.headers["location"] for each in sent} == {f"{session}/home?said=canceled"}
    assert (planned.status, planned.cancel_at_period_end) == ("active", True)
    assert "Don’t cancel" in words(home)
    assert {each.headers["location"] for each in kept} == {f"{session}/home?said=kept"}
    assert not after.cancel_at_period_end
    assert (await types_of(api)).count("customer.subscription.updated") == 2


async def test_a_reason_is_asked_where_the_configuration_wants_one(
    browser: httpx.AsyncClient, api: Any
) -> None:
    customer = await ada(api)
    plan = await subscribed(api, customer.id, unit_amount=0)
    reason = {"enabled": True, "options": ["unused", "other"]}
    configuration = await configured(
        api,
        subscription_cancel={
            "enabled": True,
            "mode": "immediately",
            "cancellation_reason": reason,
        },
    )
    session = await open_portal(api, customer.id, configuration=configuration)

    asked = await browser.get(f"{session}/cancel/{plan.id}")
    await browser.post(action(asked), data={"feedback": "unused", "comment": "Coffee now"})
    after = await api.subscriptions.retrieve_async(plan.id)

    assert "I no longer need it" in words(asked)
    assert "It’s too expensive" not in words(asked)
    assert "your plan ends now" in words(asked)
    assert after.status == "canceled"
    details = after.cancellation_details
    assert (details.feedback, details.comment) == ("unused", "Coffee now")


async def test_the_cancel_flow_asks_at_once_and_leads_back(
    browser: httpx.AsyncClient, api: Any
) -> None:
    customer = await ada(api)
    plan = await subscribed(api, customer.id, unit_amount=0)
    back = {"type": "redirect", "redirect": {"return_url": f"{BACK}/canceled"}}
    flow = {
        "type": "subscription_cancel",
        "subscription_cancel": {"subscription": plan.id},
        "after_completion": back,
    }
    session = await open_portal(api, customer.id, flow_data=flow)

    asked = await browser.get(session)
    sent = [await browser.post(action(asked)) for _ in range(2)]

    assert "Cancel your plan" in words(asked)
    assert {each.headers["location"] for each in sent} == {f"{BACK}/canceled"}
    assert (await api.subscriptions.retrieve_async(plan.id)).cancel_at_period_end


async def test_details_are_updated_and_mistakes_are_told(
    browser: httpx.AsyncClient, api: Any
) -> None:
    customer = await ada(api)
    session = await open_portal(api, customer.id)
    typed = {
        "name": "Ada King",
        "phone": "+14155550100",
        "line1": "1 Main St",
        "line2": "",
        "city": "Springfield",
        "state": "IL",
        "postal_code": "62701",
        "country": "US",
    }

    form = await browser.get(f"{session}/details")
    wrong = await browser.post(f"{session}/details", data=typed | {"phone": "1" * 30})
    sent = await browser.post(f"{session}/details", data=typed)
    after = await api.customers.retrieve_async(customer.id)

    assert 'value="Ada Lovelace"' in form.text
    assert "Email" not in words(form)
    assert wrong.status_code == 422
    assert 'value="Ada King"' in wrong.text
    assert sent.headers["location"] == f"{session}/home?said=details"
    assert (after.name, after.phone) == ("Ada King", "+14155550100")
    assert (after.address.city, after.address.country) == ("Springfield", "US")
    assert after.email == "ada@example.com"


async def test_the_email_changes_only_where_the_configuration_allows_it(
    browser: httpx.AsyncClient, api: Any
) -> None:
    customer = await ada(api)
    usual = await open_portal(api, customer.id)
    configuration = await configured(
        api, customer_update={"enabled": True, "allowed_updates": ["email"]}
    )
    allowed = await open_portal(api, customer.id, configuration=configuration)

    refused = await browser.post(f"{usual}/details", data={"email": "mallory@example.com"})
    before = (await api.customers.retrieve_async(customer.id)).email
    sent = await browser.post(f"{allowed}/details", data={"email": "king@example.com"})

    assert (refused.status_code, before) == (422, "ada@example.com")
    assert sent.status_code == 303
    assert (await api.customers.retrieve_async(customer.id)).email == "king@example.com"


async def test_tax_ids_are_added_and_removed(browser: httpx.AsyncClient, api: Any) -> None:
    customer = await ada(api)
    session = await open_portal(api, customer.id)

    wrong = await browser.post(f"{session}/tax-ids", data={"type": "gb_vat", "value": "nonsense"})
    unknown = await browser.post(f"{session}/tax-ids", data={"type": "xx", "value": "1"})
    await browser.post(f"{session}/tax-ids", data={"type": "gb_vat", "value": "GB000000000"})
    held = (await api.customers.tax_ids.list_async(customer.id)).data
    home = await browser.get(f"{session}/home")
    nobodys = await browser.post(f"{session}/tax-ids/txi_mallory")
    await browser.post(f"{session}/tax-ids/{held[0].id}")

    assert (wrong.status_code, unknown.status_code, nobodys.status_code) == (422, 422, 404)
    assert "Invalid value for gb_vat." in words(wrong)
    assert "GB000000000" in words(home)
    assert (await api.customers.tax_ids.list_async(customer.id)).data == []


async def test_a_card_is_made_the_default_and_the_others_can_be_removed(
    browser: httpx.AsyncClient, api: Any
) -> None:
    customer = await ada(api)
    await subscribed(api, customer.id, unit_amount=0)
    session = await open_portal(api, customer.id)
    await send_card(browser, session, GOOD, purpose="default")
    first = (await default_card(api, customer.id)).id
    await send_card(browser, session, "5555555555554444")
    cards = (await api.customers.payment_methods.list_async(customer.id)).data
    second = next(card.id for card in cards if card.id != first)

    refused = await browser.post(f"{session}/remove/{first}")
    used = await browser.post(f"{session}/use/{second}")
    removed = await browser.post(f"{session}/remove/{first}")
    nobodys = await browser.post(f"{session}/use/{first}")

    assert refused.status_code == 403
    assert used.headers["location"] == f"{session}/home?said=default"
    assert (await default_card(api, customer.id)).id == second
    assert removed.headers["location"] == f"{session}/home?said=removed"
    assert nobodys.status_code == 404
    assert len((await api.customers.payment_methods.list_async(customer.id)).data) == 1


async def test_what_the_configuration_does_not_offer_is_neither_shown_nor_done(
    browser: httpx.AsyncClient, api: Any
) -> None:
    customer = await ada(api)
    plan = await subscribed(api, customer.id, unit_amount=0)
    card = (await api.payment_methods.attach_async("pm_card_visa", {"customer": customer.id})).id
    session = await open_portal(api, customer.id, configuration=await configured(api))

    home = words(await browser.get(session))
    answers = [
        await browser.get(f"{session}/card"),
        await browser.post(f"{session}/card", data={"number": GOOD}),
        await browser.post(f"{session}/use/{card}"),
        await browser.post(f"{session}/remove/{card}"),
        await browser.get(f"{session}/cancel/{plan.id}"),
        await browser.post(f"{session}/cancel/{plan.id}"),
        await browser.post(f"{session}/keep/{plan.id}"),
        await browser.get(f"{session}/details"),
        await browser.post(f"{session}/details", data={"name": "Mallory"}),
        await browser.post(f"{session}/tax-ids", data={"type": "gb_vat", "value": "GB000000000"}),
    ]

    for word in ("Add payment method", "Make default", "Cancel plan", "Update", "Invoices"):
        assert word not in home
    assert {each.status_code for each in answers} == {403}
    assert await default_card(api, customer.id) is None
    assert not (await api.subscriptions.retrieve_async(plan.id)).cancel_at_period_end


async def test_mallorys_session_reaches_nothing_of_adas(
    browser: httpx.AsyncClient, api: Any
) -> None:
    customer = await ada(api)
    plan = await subscribed(api, customer.id, unit_amount=0)
    card = (await api.payment_methods.attach_async("pm_card_visa", {"customer": customer.id})).id
    mallory = await api.customers.create_async({"email": "mallory@example.com"})
    session = await open_portal(api, mallory.id)

    answers = [
        await browser.get(f"{session}/cancel/{plan.id}"),
        await browser.post(f"{session}/cancel/{plan.id}"),
        await browser.post(f"{session}/keep/{plan.id}"),
        await browser.post(f"{session}/use/{card}"),
        await browser.post(f"{session}/remove/{card}"),
    ]

    assert {each.status_code for each in answers} == {404}
    assert (await api.payment_methods.retrieve_async(card)).customer == customer.id


async def test_what_a_customer_is_called_is_text_and_never_markup(
    browser: httpx.AsyncClient, api: Any
) -> None:
    customer = await ada(api, name=MARKUP)
    plan = await subscribed(api, customer.id, unit_amount=0)
    session = await open_portal(api, customer.id)

    for path in (session, f"{session}/card", f"{session}/details", f"{session}/cancel/{plan.id}"):
        shown = await browser.get(path)
        assert shown.status_code == 200
        assert "<script" not in shown.text


async def test_forms_lead_nowhere_but_here_and_to_the_sessions_own_way_back(
    browser: httpx.AsyncClient, api: Any
) -> None:
    customer = await ada(api)
    session = await open_flow(api, customer.id)

    shown = await browser.get(f"{session}?return_url=https://mallory.example")
    sent = await send_card(browser, session, GOOD, return_url="https://mallory.example")

    policy = shown.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "form-action 'self' https://shop.example;" in policy
    assert "mallory" not in shown.text + policy
    assert sent.headers["location"] == BACK
    assert shown.headers["cache-control"] == "no-store"


async def test_a_session_without_a_way_back_shows_none(
    browser: httpx.AsyncClient, api: Any
) -> None:
    customer = await ada(api)
    made = await api.billing_portal.sessions.create_async({"customer": customer.id})

    home = await browser.get(made.url)

    assert "Return to" not in words(home)
    assert "form-action 'self';" in home.headers["content-security-policy"]
