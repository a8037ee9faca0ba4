"""The welcome page tells the truth, to those it belongs to."""

from __future__ import annotations

import pytest

from portal.database import run_sql
from portal.pages import fresh, signup
from portal.plans.tables import Plan
from tests.onboarding.shop import Shop
from tests.pages.browsing import HTMX, Visitor, forms_of
from tests.pages.shelves import change_site
from tests.people import ADA


async def onboarding_of_ada() -> str:
    return str((await run_sql("SELECT id FROM onboarding"))[0]["id"])


async def test_a_return_without_a_card_is_told_plainly(shop: Shop, ada: Visitor) -> None:
    await ada.sign_up(ADA)

    page = await ada.open(f"/welcome?onboarding={await onboarding_of_ada()}&card=yes&status=active")

    assert page.status_code == 200
    assert "Without a payment method your plan ends then." in page.text
    assert "None yet" in page.text
    assert forms_of(page.text)[0].action.startswith("/welcome/billing?onboarding=")


async def test_a_card_added_at_stripe_is_seen_without_any_event(shop: Shop, ada: Visitor) -> None:
    await ada.sign_up(ADA)
    await add_card(shop)

    page = await ada.open(f"/welcome?onboarding={await onboarding_of_ada()}")

    assert "4242" in page.text
    assert "Then your plan goes on for €12.00" in page.text


async def test_where_mails_go_is_said_once_the_plan_runs(
    shop: Shop, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signup, "PATIENCE_S", 0.0)
    await shop.worker.stop()
    await ada.sign_up(ADA)
    early = await ada.open(f"/welcome?onboarding={await onboarding_of_ada()}")
    await shop.work_in_the_end()
    page = await ada.open(f"/welcome?onboarding={await onboarding_of_ada()}")

    assert ADA["email"] not in early.text
    assert f"We write all of this to {ADA['email']}" in page.text


async def test_the_button_leads_back_to_the_billing_portal(shop: Shop, ada: Visitor) -> None:
    await ada.sign_up(ADA)
    page = await ada.open(f"/welcome?onboarding={await onboarding_of_ada()}")

    answer = await ada.press(page, "/welcome/billing")

    assert "/p/session/" in answer.headers["location"]


async def test_another_browser_is_asked_to_sign_in(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await ada.sign_up(ADA)
    onboarding = await onboarding_of_ada()
    typed = forms_of((await mallory.open("/signin")).text)[0].fields

    assert (await mallory.open(f"/welcome?onboarding={onboarding}")).headers[
        "location"
    ] == "/signin"
    assert (await mallory.open("/welcome")).headers["location"] == "/signin"
    pressed = await mallory.send(f"/welcome/billing?onboarding={onboarding}", typed)
    assert pressed.headers["location"] == "/signin"


async def test_a_stripe_that_hangs_does_not_keep_the_page(
    shop: Shop, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh, "_PATIENCE_S", 0.2)
    await ada.sign_up(ADA)
    before = await shop.stripe.calls()
    await shop.stripe.fault(match="GET /v1/*", fault="hang", delay=3.0)

    page = await ada.open(f"/welcome?onboarding={await onboarding_of_ada()}")

    assert page.status_code == 200
    assert await shop.stripe.calls() == before, "Stripe has not hung up yet"
    await shop.stripe.mend()


async def test_a_stripe_that_is_down_does_not_break_the_page(shop: Shop, ada: Visitor) -> None:
    await ada.sign_up(ADA)
    await shop.stripe.fault(match="GET /v1/*", fault="status", status=500)

    page = await ada.open(f"/welcome?onboarding={await onboarding_of_ada()}")

    assert "Your trial runs until" in page.text


async def test_the_page_asks_again_while_a_payment_is_under_way(shop: Shop, ada: Visitor) -> None:
    await ada.sign_up(ADA, "?plan=house")
    onboarding = await onboarding_of_ada()

    page = await ada.open(f"/welcome?onboarding={onboarding}", headers=HTMX)

    assert "Your plan starts when €49.00 is paid." in page.text
    assert "<html" not in page.text


@pytest.mark.parametrize(
    ("coupon", "said"),
    [
        ({"percent_off": "20", "duration": "forever"}, "Then your plan goes on for €9.60."),
        ({"percent_off": "20", "duration": "once"},
         "Then your plan goes on for €9.60, and for €12.00 when the discount is over."),
        ({"percent_off": "100", "duration": "once"},
         "Nothing is charged then. Your plan costs €12.00 when the discount is over."),
    ],
)  # fmt: skip
async def test_the_next_charge_is_said_after_discounts(
    shop: Shop, ada: Visitor, coupon: dict[str, str], said: str
) -> None:
    await shop.coupon(**coupon)
    await ada.sign_up(ADA | {"coupon": "TEA"})
    await add_card(shop)

    page = await ada.open(f"/welcome?onboarding={await onboarding_of_ada()}")

    assert said in page.text


@pytest.mark.parametrize(
    ("plan", "said"),
    [("house", "Your plan is active and costs nothing."), ("studio", "Nothing is due then.")],
)
async def test_what_a_code_makes_free_asks_for_nothing(
    shop: Shop, ada: Visitor, plan: str, said: str
) -> None:
    await shop.coupon(percent_off="100", duration="forever")

    answer = await ada.sign_up(ADA | {"coupon": "TEA"}, f"?plan={plan}")
    page = await ada.open(answer.headers["location"])

    assert "/welcome" in answer.headers["location"]
    assert said in page.text
    assert "€" not in page.text


async def test_tax_on_top_is_said(shop: Shop, ada: Visitor) -> None:
    await change_site(shop, tax="automatic")
    await ada.sign_up(ADA)
    await add_card(shop)

    page = await ada.open(f"/welcome?onboarding={await onboarding_of_ada()}")

    assert "Then your plan goes on for €12.00 plus tax." in page.text
    assert "€12.00 plus tax on " in page.text


@pytest.mark.parametrize(
    ("plan", "is_told"), [("studio", True), ("reader", True), ("house", False)]
)
async def test_what_happens_next_is_told_once_it_is_true(
    shop: Shop, ada: Visitor, plan: str, is_told: bool
) -> None:
    await Plan.update({Plan.next_steps: '["Unpack the kettle"]'}).where(Plan.key == plan)
    await ada.sign_up(ADA, f"?plan={plan}")

    page = await ada.open(f"/welcome?onboarding={await onboarding_of_ada()}")

    assert ("Unpack the kettle" in page.text) is is_told
    assert ("What happens next" in page.text) is is_told


async def add_card(shop: Shop) -> None:
    """Add a good card as Stripe's portal does."""
    (customer,) = await shop.stripe.objects("customer")
    card = await shop.stripe.post(
        "payment_methods/pm_card_visa/attach", {"customer": customer["id"]}
    )
    chosen = {"invoice_settings[default_payment_method]": card["id"]}
    await shop.stripe.post(f"customers/{customer['id']}", chosen)
