"""Reading events: whose they are, and what they make us fetch."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
import stripe

from portal.billing.stripe_events import NEEDED_EVENTS, BadSignature, read_event, what_to_fetch
from tests.billing.signing import SECRET, body_of, signed


def test_an_event_is_read_as_a_hint() -> None:
    body = body_of()

    event = read_event(body, signed(body), [SECRET])

    assert (event.event_id, event.type) == ("evt_1", "customer.subscription.updated")
    assert (event.object_id, event.livemode, event.account) == ("sub_1", False, None)
    assert event.created_at == datetime.fromtimestamp(1_790_000_000, UTC)
    assert event.sha256 == sha256(body).hexdigest()


def test_the_sdk_signs_as_we_check() -> None:
    body = body_of()
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), SECRET)

    assert read_event(body, header, [SECRET]).event_id == "evt_1"


def test_either_of_two_secrets_will_do_while_one_replaces_the_other() -> None:
    body = body_of()

    assert read_event(body, signed(body, "whsec_old"), ["whsec_new", "whsec_old"])
    assert read_event(body, signed(body, "whsec_new"), ["whsec_new", "whsec_old"])
    with pytest.raises(BadSignature):
        read_event(body, signed(body, "whsec_old"), ["whsec_new"])


def test_one_good_signature_among_several_will_do() -> None:
    body = body_of()
    at, good = signed(body).split(",")

    assert read_event(body, f"{at},v0=abc,v1=00ff,{good}", [SECRET])


@pytest.mark.parametrize("ahead_s", [-290, 290])
def test_a_clock_may_be_a_little_wrong(ahead_s: int) -> None:
    body = body_of()

    assert read_event(body, signed(body, ahead_s=ahead_s), [SECRET])


@pytest.mark.parametrize("ahead_s", [-310, 310, -(10**9), 10**9])
def test_what_was_signed_long_ago_or_far_ahead_is_refused(ahead_s: int) -> None:
    body = body_of()

    with pytest.raises(BadSignature):
        read_event(body, signed(body, ahead_s=ahead_s), [SECRET])


@pytest.mark.parametrize(
    "header",
    [
        *("", ",", "=", "t=", "t=1", "t==1", "v1=00", "t=x,v1=00", "t=-1,v1=00"),
        *("t=1,v1=é", "t=１,v1=00", "\udcff", "t=1" + "0" * 5000 + ",v1=00"),
        "t=1790000000,v1=" + "0" * 64,
    ],
)
def test_a_strange_header_is_a_bad_signature(header: str) -> None:
    with pytest.raises(BadSignature):
        read_event(body_of(), header, [SECRET])


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b"{}", b"1", b'"event"', b"\xff\xfe"),
        *(b"{" * 100_000, b"[" * 100_000, body_of().replace(b"evt_1", b"evt_\\ud800")),
        *(body_of(id=None), body_of(id="evt_1\0"), body_of(id="x" * 300), body_of(id=7)),
        *(body_of(type=None), body_of(type="é"), body_of(account=5), body_of(livemode="no")),
        *(body_of(created="now"), body_of(created=10**30)),
        *(body_of(data=None), body_of(data={}), body_of(data={"object": []})),
    ],
)
def test_what_is_signed_but_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(BadSignature):
        read_event(body, signed(body), [SECRET])


@pytest.mark.parametrize("secrets", [[], [""], ["  "]])
def test_without_a_secret_nothing_is_signed(secrets: list[str]) -> None:
    body = body_of()

    with pytest.raises(BadSignature):
        read_event(body, signed(body, secrets[0] if secrets else ""), secrets)


PARENT = {"subscription_details": {"subscription": "sub_1"}}


@pytest.mark.parametrize(
    ("type", "about", "before", "found"),
    [
        ("customer.subscription.created", {"id": "sub_1"}, {}, "sub_1"),
        ("customer.subscription.trial_will_end", {"id": "sub_1"}, {}, "sub_1"),
        ("invoice.paid", {"id": "in_1", "parent": PARENT}, {}, "sub_1"),
        ("invoice.paid", {"id": "in_1", "subscription": "sub_1"}, {}, "sub_1"),
        ("invoice.paid", {"id": "in_1", "parent": None, "customer": "cus_1"}, {}, ""),
        ("invoice.paid", {"id": "in_1", "parent": {"subscription_details": None}}, {}, ""),
        ("subscription_schedule.released", {"subscription": {"id": "sub_1"}}, {}, "sub_1"),
        ("customer.updated", {"id": "cus_1"}, {}, "cus_1"),
        ("customer.deleted", {"id": "cus_1", "deleted": True}, {}, "cus_1"),
        ("customer.tax_id.created", {"id": "txi_1", "customer": "cus_1"}, {}, "cus_1"),
        ("payment_method.attached", {"id": "pm_1", "customer": {"id": "cus_1"}}, {}, "cus_1"),
        ("payment_method.detached", {"customer": None}, {"customer": "cus_1"}, "cus_1"),
        ("setup_intent.succeeded", {"id": "seti_1", "customer": "cus_1"}, {}, "cus_1"),
        ("setup_intent.succeeded", {"id": "seti_1", "customer": None}, {}, ""),
        ("refund.failed", {"id": "re_1", "metadata": {"change": "chng_1"}}, {}, "re_1"),
        ("charge.refund.updated", {"id": "re_1", "metadata": {"change": "chng_1"}}, {}, "re_1"),
        ("refund.failed", {"id": "re_1", "metadata": {"operation": "op_1"}}, {}, ""),
        ("refund.failed", {"id": "re_1", "metadata": None}, {}, ""),
        ("charge.succeeded", {"id": "ch_1", "customer": "cus_1"}, {}, ""),
        ("something.new", {"id": "sub_1"}, {}, ""),
        ("customer.updated", {"id": ["cus_1"]}, {}, ""),
    ],
)
def test_an_event_names_the_copy_it_makes_stale(
    type: str, about: dict[str, Any], before: dict[str, Any], found: str
) -> None:
    assert what_to_fetch(type, about, before) == found


def test_only_customers_and_subscriptions_are_fetched() -> None:
    body = body_of(type="customer.updated", data={"object": {"id": "evil/../../x"}})

    assert read_event(body, signed(body), [SECRET]).object_id == ""


def test_we_ask_for_events_that_stripe_has() -> None:
    from stripe.params._webhook_endpoint_create_params import WebhookEndpointCreateParams

    known = json.dumps(str(WebhookEndpointCreateParams.__annotations__["enabled_events"]))

    assert [event for event in NEEDED_EVENTS if event not in known] == []
