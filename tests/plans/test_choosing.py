"""What is picked beside a plan at sign-up."""

from __future__ import annotations

from typing import Any

import pytest

from portal.errors import InvalidDetails
from portal.onboarding.params import subscription_params
from portal.plans.catalogue import Chosen, choose
from portal.plans.choosing import with_parts
from portal.plans.discounts import charges
from tests.onboarding.test_params import MARKS, Tax
from tests.subscriptions.test_parts import HOUSE, MONTH, PLAIN

PLAN = Chosen(HOUSE, MONTH)


def test_a_plan_with_quantity_add_ons_and_a_trial_of_its_own() -> None:
    chosen = with_parts(PLAN, quantity=3, add_ons={"copies": 2, "paper": 1}, trial_days=30)

    params = subscription_params(chosen, Tax(), None, MARKS)

    assert params["items"] == [
        {"price": "price_house_month", "quantity": 3},
        {"price": "price_copies_month", "quantity": 2},
        {"price": "price_paper_month", "quantity": 1},
        {"price": "price_calls_month"},
    ]
    assert params["trial_period_days"] == 30
    assert charges(chosen, None).regular == 3 * 4900 + 2 * 200 + 900
    assert charges(chosen, None).today == 0


def test_nothing_picked_is_the_plan_as_it_is() -> None:
    assert with_parts(PLAN) == PLAN
    assert with_parts(PLAN, add_ons={"paper": 0}).taken == ()


@pytest.mark.parametrize(
    ("picked", "field"),
    [
        ({"quantity": 1}, "quantity"),
        ({"quantity": 21}, "quantity"),
        ({"add_ons": {"copies": 10}}, "add_ons"),
        ({"add_ons": {"copies": -1}}, "add_ons"),
        ({"add_ons": {"paper": 2}}, "add_ons"),
        ({"add_ons": {"calls": 1}}, "add_ons"),
        ({"add_ons": {"unheard": 1}}, "add_ons"),
        ({"trial_days": -1}, "trial_days"),
        ({"trial_days": 731}, "trial_days"),
    ],
)
def test_what_cannot_be_had_so_is_refused_at_its_field(picked: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidDetails) as refused:
        with_parts(PLAN, **picked)

    assert list(refused.value.problems) == [field]


def test_what_is_had_once_can_be_asked_for_once() -> None:
    plan = Chosen(PLAIN, MONTH)

    assert with_parts(plan, quantity=1).quantity == 1
    with pytest.raises(InvalidDetails):
        with_parts(plan, quantity=2)


def test_no_trial_is_a_trial_of_no_days() -> None:
    chosen = with_parts(PLAN, trial_days=0)

    params = subscription_params(chosen, Tax(), None, MARKS)

    assert "trial_period_days" not in params
    assert params["payment_behavior"] == "default_incomplete"


def test_a_plan_is_chosen_by_its_id_too() -> None:
    assert choose([PLAIN], "plan_h", "month", "eur") == choose([PLAIN], "house", "month", "eur")
