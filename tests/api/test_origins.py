"""Who was before the program, as its headers say: read, kept for a month, and wrong ones named."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock
from portal.audit.origin import forget_origins
from portal.database import run_sql
from tests.api.calling import Program
from tests.api.test_repeats import create
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop


async def test_who_was_before_the_program_stands_beside_the_audit_for_a_month(
    shop: Shop, program: Program
) -> None:
    told = {
        "portal-request-origin-device": "Analytical Engine",
        "portal-request-origin-user": "grace@hopper.example",
        "portal-request-origin-user-encoded": "YWRhQGxvdmVsYWNlLmV4YW1wbGU=",
        "portal-request-origin-ip": "2001:db8::1",
    }
    made = await create(program, 0, told)
    (entry,) = await run_sql("SELECT * FROM audit_entry WHERE action = 'customer.signed_up'")
    (origin,) = await run_sql("SELECT * FROM audit_origin")

    assert (entry["request_id"], entry["id"]) == (
        made.headers["request-id"],
        origin["audit_entry"],
    )
    assert (origin["device"], origin["ip"]) == ("Analytical Engine", "2001:db8::1")
    assert (origin["customer"], origin["user_email"]) == (
        made.json()["id"],
        "ada@lovelace.example",
    )
    await run_sql("UPDATE audit_origin SET at = {}", clock.now() - timedelta(days=31))
    await forget_origins()
    assert await run_sql("SELECT at FROM audit_origin") == []


@pytest.mark.parametrize(
    "header",
    [
        {"portal-request-origin-ip": "here"},
        {"portal-request-origin-user-encoded": "!"},
        {"portal-request-origin-device": "x" * 101},
        {"portal-event-email": "off"},
    ],
)
@ON_SQLITE
async def test_a_header_that_cannot_be_read_is_named(
    program: Program, header: dict[str, str]
) -> None:
    answer = await create(program, 0, header)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_header")
    assert answer.json()["errors"][0]["header"] == next(iter(header))
    assert await run_sql("SELECT id FROM answered") == []
