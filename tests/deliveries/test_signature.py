"""What sellers check: by the official package, whatever was rotated."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta

import pytest
import time_machine
from standardwebhooks import Webhook, WebhookVerificationError

from portal import clock
from portal.deliveries.event_types import LARGEST, body_of, is_wanted, unknown_types
from portal.deliveries.schedule import STEPS, next_try
from portal.deliveries.signature import OVERLAP, Secret, new_secret, signed_headers, with_new_secret

BODY = '{"type":"customer.created","data":{"name":"Zoë"}}'


def test_the_official_package_verifies_what_we_sign() -> None:
    secret = new_secret()
    headers = signed_headers("msg_1", clock.now(), BODY, [Secret(secret)])

    assert Webhook(secret).verify(BODY.encode(), dict(headers))["data"] == {"name": "Zoë"}
    for other in (BODY.replace("Zoë", "Zoe"), BODY + " "):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(other, dict(headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, dict(headers))


def test_a_secret_is_random_and_long() -> None:
    secret = new_secret()

    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert secret != new_secret()


def test_the_former_secret_signs_for_a_day_after_a_rotation() -> None:
    former, present = new_secret(), new_secret()
    at = clock.now()
    known = with_new_secret([Secret(former)], present, at)

    for secret in (former, present):
        Webhook(secret).verify(BODY, dict(signed_headers("msg_1", clock.now(), BODY, known)))
    with time_machine.travel(at + OVERLAP + timedelta(seconds=1)):
        headers = dict(signed_headers("msg_1", clock.now(), BODY, known))
        Webhook(present).verify(BODY, headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(former).verify(BODY, headers)


def test_many_rotations_leave_a_few_secrets_and_no_dead_ones() -> None:
    at = clock.now()
    known: tuple[Secret, ...] = (Secret("whsec_first"),)
    for number in range(9):
        known = with_new_secret(known, f"whsec_{number}", at)
    later = with_new_secret(known, "whsec_last", at + OVERLAP)

    assert [one.text for one in known] == [f"whsec_{number}" for number in (8, 7, 6, 5, 4)]
    assert [one.text for one in later] == ["whsec_last", "whsec_8"]


def test_what_is_too_large_tells_ids_only() -> None:
    at = datetime.fromisoformat("2026-11-22T12:00:00.5+00:00")
    small = body_of("msg_1", "customer.updated", at, {"id": "cust_1", "name": "Zoë"})
    large = body_of("msg_1", "customer.updated", at, {"id": "cust_1", "name": LARGEST * "ë"})

    assert small == (
        '{"type":"customer.updated","timestamp":"2026-11-22T12:00:00.500Z",'
        '"data":{"id":"cust_1","name":"Zoë"}}'
    )
    assert large.endswith('"data":{"id":"cust_1","truncated":true}}')


def test_all_is_all_of_ours_and_document_002s_only_by_name() -> None:
    assert is_wanted("customer.created", ["*"])
    assert not is_wanted("customer.created", ["customer.deleted"])
    assert not is_wanted("addon.purchase.success", ["*"])
    assert is_wanted("addon.purchase.success", ["*", "addon.purchase.success"])
    assert unknown_types(["*", "customer.created", "customer.*", "endpoint.test"]) == (
        *("customer.*", "endpoint.test"),
    )


def test_tries_follow_the_schedule_with_some_luck_and_then_end() -> None:
    now = clock.now()
    for attempts, step in enumerate(STEPS, start=1):
        later = next_try(attempts, now)
        assert later is not None
        assert 0.9 * step <= later - now <= 1.1 * step

    assert next_try(len(STEPS) + 1, now) is None
    assert timedelta(hours=27) < sum(STEPS, timedelta()) < timedelta(hours=28)


def test_who_asks_us_to_wait_is_waited_for_up_to_the_next_step() -> None:
    now = clock.now()

    assert next_try(1, now, 60) == now + timedelta(minutes=1)
    assert next_try(1, now, 86_400) == now + STEPS[1]
    soon = next_try(2, now, 1)
    assert soon is not None
    assert soon > now + timedelta(minutes=4)
