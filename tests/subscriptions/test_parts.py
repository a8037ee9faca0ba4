"""What a plan is made of: what was asked for, and what an update says for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from portal.billing.billed import BilledItem, BilledSubscription
from portal.plans.catalogue import AddOn, Offer, Pricing, Quantity, Taken, Usage
from portal.subscriptions.hold import HeldItem, Hold, made_of
from portal.subscriptions.parts import asked_add_ons, asked_quantity, parts_of
from portal.subscriptions.switching import CannotChange

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SEATS = Quantity("seat", "seats", 2, 20)


def priced(name: str, amount: int) -> tuple[Pricing, ...]:
    return tuple(
        Pricing(f"pric_{name}_{every}", every, "eur", amount, f"price_{name}_{every}")
        for every in ("month", "year")
    )


PAPER = AddOn("paper", "Paper", "", None, None, priced("paper", 900))
COPIES = AddOn(
    "copies", "Copies", "", Quantity("copy", "copies", 1, 9), None, priced("copies", 200)
)
CALLS = AddOn("calls", "Calls", "", None, Usage("calls", "call", "calls"), priced("calls", 5))
MONTH, YEAR = priced("house", 4900)
HOUSE = Offer(
    "plan_h", "house", "House", "", (), 0, "cancel", False, (), (MONTH, YEAR),
    quantity=SEATS, add_ons=(PAPER, COPIES, CALLS),
)  # fmt: skip
PLAIN = replace(HOUSE, quantity=None, add_ons=())
HELD = Hold(
    "sub_1", "active", "House", 15000, "eur", "month", None,
    items=(
        HeldItem("si_1", "price_house_month", 3, "house", "House", sold_by=SEATS),
        HeldItem("si_2", "price_copies_month", 2, "copies", "Copies", is_add_on=True,
                 sold_by=COPIES.quantity),
        HeldItem("si_3", "price_calls_month", None, "calls", "Calls", is_add_on=True,
                 usage=CALLS.usage),
    ),
)  # fmt: skip
FOUND = BilledSubscription(
    stripe_id="sub_1", customer_stripe_id="cus_1", status="active",
    price_stripe_id="price_house_month", amount=15100, currency="eur", interval="month",
    trial_ends_at=None, period_ends_at=NOON, cancel_at_period_end=False, cancel_at=None,
    ended_at=None, started_at=NOON, invoice=None, discounts=(), tax_added=False, metadata={},
    livemode=False,
    items=(
        BilledItem("si_1", "price_house_month", 3, 4900),
        BilledItem("si_2", "price_copies_month", 2, 200),
        BilledItem("si_3", "price_calls_month", None, 5, "mtr_1"),
    ),
)  # fmt: skip
KEYS = {"price_copies_month": "copies", "price_calls_month": "calls"}


def taken(**asked: str) -> list[tuple[str, int | None]]:
    told = {f"add_on.{name}": text for name, text in asked.items()} | {"add_ons": "1"}
    return [(each.add_on.key, each.quantity) for each in asked_add_ons(HOUSE, MONTH, HELD, told)]


def test_what_is_not_asked_for_stays_as_many_as_it_is() -> None:
    kept = asked_add_ons(HOUSE, MONTH, HELD, {})

    assert asked_quantity(HOUSE, HELD, {}) == 3
    assert [(each.add_on.key, each.quantity) for each in kept] == [("copies", 2), ("calls", None)]
    assert parts_of(FOUND, MONTH, 3, kept, KEYS).wanted == FOUND.composition


def test_fewer_than_the_least_of_another_plan_become_the_least() -> None:
    assert asked_quantity(replace(HOUSE, quantity=Quantity("a", "b", 5, 9)), HELD, {}) == 5
    assert asked_quantity(replace(HOUSE, quantity=Quantity("a", "b", 1, 2)), HELD, {}) == 2
    assert asked_quantity(PLAIN, HELD, {}) == 1
    assert asked_quantity(PLAIN, replace(HELD, items=()), {}) is None


@pytest.mark.parametrize("typed", ["1", "21", "-3", "3.5", "many", "", "٣", "9999999"])
def test_only_as_many_as_are_sold_can_be_had(typed: str) -> None:
    with pytest.raises(CannotChange, match="from 2 to 20 for House"):
        asked_quantity(HOUSE, HELD, {"quantity": typed})
    assert asked_quantity(HOUSE, HELD, {"quantity": " 20 "}) == 20


def test_add_ons_are_had_as_they_were_ticked_and_what_is_counted_comes_along() -> None:
    assert taken() == [("calls", None)]
    assert taken(paper="1", copies="4") == [("paper", 1), ("copies", 4), ("calls", None)]
    assert taken(paper="0", copies="0", calls="7") == [("calls", None)]
    with pytest.raises(CannotChange, match="from 1 to 9 for Copies"):
        taken(copies="10")


def test_an_update_names_what_changes_and_leaves_the_rest() -> None:
    chosen = [Taken(PAPER, PAPER.prices[0], 1), Taken(CALLS, CALLS.prices[0], None)]

    parts = parts_of(FOUND, MONTH, 5, chosen, KEYS)

    assert parts.items == [
        {"id": "si_1", "price": "price_house_month", "quantity": 5},
        {"price": "price_paper_month", "quantity": 1},
        {"id": "si_2", "deleted": True},
    ]
    assert parts.wanted == {
        "price_house_month": 5, "price_calls_month": None, "price_paper_month": 1,
    }  # fmt: skip
    assert parts.amount == 5 * 4900 + 900


def test_at_another_interval_everything_takes_its_price_there() -> None:
    kept = asked_add_ons(HOUSE, YEAR, HELD, {})

    parts = parts_of(FOUND, YEAR, 3, kept, KEYS)

    assert parts.items == [
        {"id": "si_1", "price": "price_house_year", "quantity": 3},
        {"id": "si_2", "price": "price_copies_year", "quantity": 2},
        {"id": "si_3", "price": "price_calls_year"},
    ]


def test_what_stays_keeps_the_price_it_was_taken_at() -> None:
    dearer = replace(COPIES, prices=priced("copies_new", 300))

    parts = parts_of(FOUND, MONTH, 3, [Taken(dearer, dearer.prices[0], 4)], KEYS)

    assert parts.items[1] == {"id": "si_2", "price": "price_copies_month", "quantity": 4}
    assert parts.amount == 3 * 4900 + 4 * 200


def test_what_we_do_not_sell_stays_or_is_left_to_people() -> None:
    parts = parts_of(FOUND, MONTH, 3, (), {"price_calls_month": "calls"})

    assert parts.items[1:] == [{"id": "si_3", "deleted": True}]
    assert parts.wanted == {"price_house_month": 3, "price_copies_month": 2}
    with pytest.raises(CannotChange, match="more than we can change"):
        parts_of(FOUND, YEAR, 3, (), {})


def test_a_plan_is_said_with_its_parts() -> None:
    assert made_of(HELD.items) == "House, 3 seats, Copies (2 copies)"
    assert SEATS.words(1) == "1 seat"
    assert made_of([HeldItem("si_9", "price_x", 1), *HELD.items[2:]]) == ""
