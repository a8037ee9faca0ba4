"""The seller's own keys and values."""

from __future__ import annotations

from typing import Any

import pytest

from portal.customers.metadata import (
    MARKS,
    MOST_AT_STRIPE,
    at_stripe,
    changed_at_stripe,
    check_metadata,
    is_all_at_stripe,
    merged,
)

BEFORE = {"crm": "7", "team": "blue"}


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ({"crm": "8"}, {"crm": "8", "team": "blue"}),
        ({"crm": ""}, {"team": "blue"}),
        ({"crm": None, "vip": True}, {"team": "blue", "vip": True}),
        ({}, {}),
        ("", {}),
        (None, {}),
    ],
)
def test_an_empty_value_unsets_its_key_and_an_empty_object_all(
    given: Any, after: dict[str, Any]
) -> None:
    assert merged(BEFORE, given) == after


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"k" * 40: "v" * 500}, None),
        ({"k" * 41: "v"}, "metadata_key_invalid"),
        ({"": "v"}, "metadata_key_invalid"),
        ({"a[b]": "v"}, "metadata_key_invalid"),
        ({"k": "v" * 501}, "metadata_value_too_long"),
        ({"k": {"nested": "v" * 500}}, "metadata_value_too_long"),
        ({f"k{number}": "v" for number in range(50)}, None),
        ({f"k{number}": "v" for number in range(51)}, "metadata_too_many"),
    ],
)
def test_what_stripe_would_refuse_is_told_before(
    metadata: dict[str, Any], code: str | None
) -> None:
    problem = check_metadata(metadata)

    assert (problem and problem.code) == code


def test_no_key_takes_the_place_of_a_mark_of_ours() -> None:
    metadata = dict.fromkeys(MARKS, "cust_mallory") | {"crm": "7"}

    assert at_stripe(metadata) == {"crm": "7"}
    assert not is_all_at_stripe(metadata)


def test_our_marks_find_room_beside_the_most_that_a_seller_may_have() -> None:
    metadata = {f"k{number}": "v" for number in range(50)}

    assert len(at_stripe(metadata)) == MOST_AT_STRIPE == 44
    assert not is_all_at_stripe(metadata)
    assert is_all_at_stripe(BEFORE)


def test_values_that_are_no_text_go_as_json() -> None:
    assert at_stripe({"vip": True, "of": {"team": 7}}) == {"vip": "true", "of": '{"team": 7}'}


def test_a_change_says_only_what_is_another_and_unsets_what_is_gone() -> None:
    after = {"team": "blue", "vip": "yes"}

    assert changed_at_stripe(BEFORE, after) == {"crm": "", "vip": "yes"}
    assert changed_at_stripe(BEFORE, BEFORE) == {}
    assert changed_at_stripe(BEFORE, BEFORE, ("theirs", "crm", "portal")) == {"theirs": ""}
