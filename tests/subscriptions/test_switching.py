"""What a change of plan means: who may, when it is made, and what Stripe is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.billing.billed import BilledItem, BilledSubscription
from portal.billing.billed_invoices import BilledLine, BilledPreview
from portal.plans.catalogue import Pricing
from portal.subscriptions import switching
from portal.subscriptions.hold import Hold, Planned
from portal.subscriptions.parts import parts_of
from portal.subscriptions.switching import (
    NOW,
    PERIOD_END,
    CannotChange,
    Terms,
    is_lower,
    next_charge_at,
    preview_params,
    prorated_at,
    recurring_params,
    refuse_unchangeable,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=20)
HOUSE = Pricing("pric_h", "month", "eur", 2900, "price_house")
READER = Pricing("pric_r", "month", "eur", 0, "price_reader")
HELD = Hold("sub_1", "active", "Studio", 1200, "eur", "month", None, price_stripe_id="price_studio")
FOUND = BilledSubscription(
    stripe_id="sub_1", customer_stripe_id="cus_1", status="active", price_stripe_id="price_studio",
    amount=1200, currency="eur", interval="month", trial_ends_at=None, period_ends_at=LATER,
    cancel_at_period_end=False, cancel_at=None, ended_at=None, started_at=NOON, invoice=None,
    discounts=(), tax_added=False, metadata={}, livemode=False,
    items=(BilledItem("si_1", "price_studio", 1),),
)  # fmt: skip
ANOTHER = BilledItem("si_2", "price_extra", 1)


def terms_of(found: BilledSubscription, pricing: Pricing, *, downgrade: str) -> Terms:
    """Work out the terms of a change to this plan, with nothing said of anything else."""
    parts = parts_of(found, pricing)
    return switching.terms_of(found, pricing.interval, parts, downgrade=downgrade)


@pytest.mark.parametrize("status", ["active", "trialing"])
def test_a_plan_that_runs_and_is_paid_may_be_changed(status: str) -> None:
    refuse_unchangeable(replace(HELD, status=status), HOUSE)


@pytest.mark.parametrize(
    ("changes", "wanted", "code"),
    [
        ({"status": "canceled"}, HOUSE, "no_plan"),
        ({"is_detached": True}, HOUSE, "no_plan"),
        ({}, replace(HOUSE, currency="usd"), "other_currency"),
        ({"cancel_at_period_end": True}, HOUSE, "ending"),
        ({"cancel_at": LATER}, HOUSE, "ending"),
        ({"status": "past_due"}, HOUSE, "owing"),
        ({"status": "incomplete"}, HOUSE, "owing"),
        ({"status": "paused"}, HOUSE, "owing"),
        ({"collection_paused": True}, HOUSE, "resting"),
        ({"planned": Planned("Reader", 0, "month", LATER)}, HOUSE, "planned"),
    ],
)
def test_why_a_plan_cannot_be_changed_is_said(
    changes: dict[str, Any], wanted: Pricing, code: str
) -> None:
    with pytest.raises(CannotChange) as refused:
        refuse_unchangeable(replace(HELD, **changes), wanted)

    assert refused.value.problem.code == code
    assert (refused.value.status, refused.value.code) == (409, "cannot_change")


def test_who_holds_no_plan_has_none_to_change() -> None:
    with pytest.raises(CannotChange) as refused:
        refuse_unchangeable(None, HOUSE)

    assert refused.value.problem is switching.NO_PLAN


def test_what_would_change_nothing_is_refused() -> None:
    with pytest.raises(CannotChange) as refused:
        terms_of(FOUND, replace(HOUSE, stripe_id="price_studio"), downgrade=NOW)

    assert refused.value.problem is switching.SAME


def test_both_currencies_are_named() -> None:
    with pytest.raises(CannotChange, match="paid in EUR, and this one in USD"):
        refuse_unchangeable(HELD, replace(HOUSE, currency="usd"))


def test_a_dearer_plan_is_charged_at_once() -> None:
    terms = terms_of(FOUND, HOUSE, downgrade=PERIOD_END)

    assert (terms.when, terms.is_prorated) == (NOW, True)
    assert terms.update == {
        "items": [{"id": "si_1", "price": "price_house", "quantity": 1}],
        "proration_behavior": "always_invoice",
        "payment_behavior": "error_if_incomplete",
    }


def test_a_cheaper_plan_begins_when_the_seller_says() -> None:
    later = terms_of(FOUND, READER, downgrade=PERIOD_END)
    at_once = terms_of(FOUND, READER, downgrade=NOW)

    assert (later.when, later.is_prorated) == (PERIOD_END, False)
    assert later.update["proration_behavior"] == "none"
    assert (at_once.when, at_once.is_prorated) == (NOW, True)


def test_a_trial_goes_on_with_the_other_plan_and_nothing_is_charged() -> None:
    trial = replace(FOUND, status="trialing")

    for wanted in (HOUSE, READER):
        terms = terms_of(trial, wanted, downgrade=PERIOD_END)
        assert (terms.when, terms.is_prorated) == (NOW, False)


def test_from_nothing_to_something_a_period_begins() -> None:
    free = terms_of(replace(FOUND, amount=0), HOUSE, downgrade=PERIOD_END)

    assert free.update["billing_cycle_anchor"] == {"type": "now"}
    assert "billing_cycle_anchor" not in terms_of(FOUND, HOUSE, downgrade=PERIOD_END).update


def test_as_many_as_were_held_are_changed() -> None:
    three = replace(FOUND, amount=3600, items=(replace(FOUND.items[0], quantity=3),))
    metered = replace(FOUND, items=(replace(FOUND.items[0], quantity=None),))

    assert terms_of(three, HOUSE, downgrade=PERIOD_END).update["items"][0]["quantity"] == 3
    assert terms_of(three, replace(HOUSE, amount=1199), downgrade=PERIOD_END).when == PERIOD_END
    assert terms_of(three, replace(HOUSE, amount=1201), downgrade=PERIOD_END).when == NOW
    assert "quantity" not in terms_of(metered, HOUSE, downgrade=NOW).update["items"][0]


def test_what_holds_more_than_a_plan_is_left_to_people() -> None:
    more = replace(FOUND, items=(*FOUND.items, ANOTHER))
    yearly = replace(HOUSE, interval="year")

    assert terms_of(more, HOUSE, downgrade=NOW).when == NOW
    assert terms_of(FOUND, yearly, downgrade=NOW).when == NOW
    for found, wanted in ((more, yearly), (replace(FOUND, interval="week"), HOUSE)):
        with pytest.raises(CannotChange) as refused:
            terms_of(found, wanted, downgrade=NOW)
        assert refused.value.problem.code == "other_things"


@pytest.mark.parametrize(
    ("amount", "interval", "than", "each", "lower"),
    [
        (1199, "month", 1200, "month", True),
        (1200, "month", 1200, "month", False),
        (14399, "year", 1200, "month", True),
        (14400, "year", 1200, "month", False),
        (1000, "month", 11999, "year", False),
        (1000, "month", 12001, "year", True),
    ],
)
def test_prices_are_compared_for_the_same_time(
    amount: int, interval: str, than: int, each: str, lower: bool
) -> None:
    assert is_lower(amount, interval, than=than, each=each) is lower


def test_a_preview_is_asked_as_the_update_will_be_but_pays_nothing() -> None:
    update = terms_of(FOUND, HOUSE, downgrade=NOW).update

    assert preview_params("sub_1", update) == {
        "subscription": "sub_1",
        "subscription_details": {
            "items": update["items"],
            "proration_behavior": "always_invoice",
        },
    }
    assert recurring_params("sub_1", update) == {
        "subscription": "sub_1",
        "subscription_details": {"items": update["items"], "proration_behavior": "none"},
        "preview_mode": "recurring",
    }


def preview(*lines: BilledLine) -> BilledPreview:
    return BilledPreview("eur", 0, 0, 0, 0, lines)


def line(days: int, *, is_proration: bool) -> BilledLine:
    begins = NOON + timedelta(days=days)
    return BilledLine("Studio", 100, is_proration, begins, begins + timedelta(days=30))


def test_the_moment_of_the_change_is_that_of_its_first_proration() -> None:
    mixed = preview(
        line(0, is_proration=False), line(3, is_proration=True), line(2, is_proration=True)
    )

    assert prorated_at(mixed) == NOON + timedelta(days=2)
    assert prorated_at(preview(line(0, is_proration=False))) is None


def test_the_next_charge_is_at_the_end_of_what_is_paid_for() -> None:
    anew = preview(line(5, is_proration=False), line(90, is_proration=True))
    trial = replace(FOUND, status="trialing", trial_ends_at=NOON)

    assert next_charge_at(FOUND, None) == LATER
    assert next_charge_at(FOUND, preview(line(1, is_proration=True))) == LATER
    assert next_charge_at(FOUND, anew) == NOON + timedelta(days=35)
    assert next_charge_at(trial, anew) == NOON
