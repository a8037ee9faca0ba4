"""The status page, when Stripe is slow, down, or says no."""

from __future__ import annotations

import asyncio

import pytest

from portal.billing.gateway import gateway_of
from portal.operations import line
from portal.pages import leave, signup, status
from tests.onboarding.shop import Shop
from tests.pages.browsing import HTMX, Visitor, forms_of
from tests.pages.mails import link_in, mail_to
from tests.pages.shelves import change_site
from tests.people import ADA

REFUSED_ADDRESS = {
    "match": "POST /v1/customers", "fault": "status", "status": 400, "times": 1,
    "code": "customer_tax_location_invalid", "param": "address",
}  # fmt: skip


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less than a person would."""
    monkeypatch.setattr(signup, "PATIENCE_S", 1.5)
    monkeypatch.setattr(status, "_POLL_S", 0.1)


def test_a_person_waits_four_seconds_at_most() -> None:
    assert leave.PATIENCE_S == 4.0


async def test_when_stripe_is_down_the_status_page_leads_on_once_it_is_back(
    shop: Shop, ada: Visitor
) -> None:
    await shop.stripe.fault(match="* /v1/*", fault="status", status=500)
    answer = await ada.sign_up(ADA)
    where = answer.headers["location"]
    page = await ada.open(where)
    polled = await ada.open(where, headers=HTMX)

    assert where.startswith("/signup/status/onbo_")
    assert "Setting up your account" in page.text
    assert '<meta http-equiv="refresh"' in page.text
    assert "taking longer than usual" in polled.text
    assert "<html" not in polled.text
    await shop.stripe.mend()
    assert "/p/session/" in await _until_led_on(ada, where)
    assert await shop.counts() == (1, 1)


@pytest.mark.parametrize(("a_call_takes_s", "told"), [(25, "about one minute"), (70, "2 minutes")])
async def test_whoever_waits_is_told_no_less_than_it_takes(
    shop: Shop, ada: Visitor, a_call_takes_s: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A look at the line is kept for two seconds: that of the test before would do for this one.
    monkeypatch.setattr(line, "_LINES", {})
    (await gateway_of(shop.site.company_id)).transport.budget.calls_per_s = 1 / a_call_takes_s
    await shop.stripe.fault(match="* /v1/*", fault="status", status=500)
    answer = await ada.sign_up(ADA)

    page = await ada.open(answer.headers["location"])

    assert told in page.text


async def test_a_stripe_that_hangs_keeps_nobody_longer(shop: Shop, ada: Visitor) -> None:
    await shop.stripe.fault(match="POST /v1/customers", fault="hang", delay=5.0, times=1)
    typed = await ada.fill("/signup?plan=studio", ADA)

    answer = await ada.send("/signup", typed)

    assert answer.headers["location"].startswith("/signup/status/")
    assert ("POST", "/v1/customers") not in await shop.stripe.calls(), "Stripe has not hung up yet"


async def test_the_status_page_of_ada_is_nothing_to_mallory(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await shop.stripe.fault(match="* /v1/*", fault="status", status=500)
    where = (await ada.sign_up(ADA)).headers["location"]
    await shop.stripe.mend()
    shown = await ada.open(where)

    assert (await mallory.open(where)).headers["location"] == "/signin"
    typed = forms_of((await mallory.open("/signin")).text)[0].fields
    pressed = await mallory.send(f"{where}/continue", typed)
    assert pressed.headers["location"] == "/signin"
    assert shown.status_code in (200, 303)


async def test_an_unknown_status_page_leads_to_the_sign_in(ada: Visitor) -> None:
    for name in ("onbo_1", "%00", "..%2f..", "é"):
        assert (await ada.open(f"/signup/status/{name}")).status_code in (303, 404)


async def test_pressing_continue_without_javascript_goes_on(shop: Shop, ada: Visitor) -> None:
    await shop.stripe.fault(match="* /v1/*", fault="status", status=429)
    answer = await ada.sign_up(ADA)
    page = await ada.open(answer.headers["location"])
    await shop.stripe.mend()

    for _ in range(10):
        answer = await ada.press(page, answer.headers["location"])
        if "/p/session/" in answer.headers["location"]:
            break

    assert "/p/session/" in answer.headers["location"]


async def test_a_refused_address_opens_the_form_again_with_what_was_typed(
    shop: Shop, ada: Visitor, mallory: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signup, "PATIENCE_S", 20.0)  # However busy the machine is.
    await shop.stripe.fault(**REFUSED_ADDRESS)
    answer = await ada.sign_up(ADA)
    where = answer.headers["location"]
    page = await ada.open(where)
    fields = forms_of(page.text)[0].fields

    assert where.startswith("/signup?again=onbo_")
    assert fields["email"] == ADA["email"]
    assert fields["line1"] == ADA["line1"]
    assert fields["plan"] == "studio"
    assert 'href="#line1"' in page.text
    assert (await mallory.open(where)).headers["location"] == "/signin"
    answer = await ada.press(page, "/signup", line1="13 St James’s Square")
    assert "/p/session/" in answer.headers["location"]
    (customer,) = await shop.stripe.objects("customer")
    assert customer["address"]["line1"] == "13 St James’s Square"


async def test_a_form_that_was_refused_is_shown_again_at_its_own_site_alone(
    shop: Shop, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two tabs of one browser, at two sites: what is opened last is what the browser remembers."""
    monkeypatch.setattr(signup, "PATIENCE_S", 20.0)  # However busy the machine is.
    await shop.stripe.fault(**REFUSED_ADDRESS)
    typed = await ada.fill("/signup?plan=studio&site=europe", ADA)
    await ada.open("/signup?plan=studio&site=america")

    where = (await ada.send("/signup", typed)).headers["location"]
    again = where.partition("&")[0]

    for elsewhere in ("/signup?plan=studio&site=america", "/signup", again, f"{again}&site=2"):
        page = await ada.open(elsewhere)
        assert "Lovelace" not in page.text
        assert ADA["email"] not in page.text
    page = await ada.open(where)
    fields = forms_of(page.text)[0].fields
    assert (fields["site"], fields["line1"]) == ("europe", ADA["line1"])
    answer = await ada.press(page, "/signup", line1="13 St James’s Square")
    assert "/p/session/" in answer.headers["location"]


async def test_what_was_refused_is_mended_without_another_mail(shop: Shop, ada: Visitor) -> None:
    await change_site(shop, verify_email="before")
    await shop.stripe.fault(**REFUSED_ADDRESS)
    await ada.sign_up(ADA)
    answer = await ada.press(await ada.open(link_in(await mail_to(ADA["email"]))), "")

    answer = await ada.press(await ada.open(answer.headers["location"]), "/signup", line1="13 Row")

    assert "/p/session/" in answer.headers["location"]


async def test_what_the_seller_must_mend_is_said_plainly(shop: Shop, ada: Visitor) -> None:
    await shop.stripe.fault(
        match="POST /v1/subscriptions", fault="status", status=400,
        code="resource_missing", param="items[0][price]",
    )  # fmt: skip
    answer = await ada.sign_up(ADA)
    page = await ada.open(answer.headers["location"])

    assert "We have your details" in page.text
    assert "hx-get" not in page.text.partition('id="status"')[2].partition(">")[0]


async def _until_led_on(ada: Visitor, where: str) -> str:
    for _ in range(300):
        answer = await ada.open(where, headers=HTMX)
        if "hx-redirect" in answer.headers:
            return answer.headers["hx-redirect"]
        await asyncio.sleep(0.1)
    raise AssertionError("The status page never led on.")
