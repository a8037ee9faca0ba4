"""The mails about a change tell its times by its customer's clocks, as the account does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portal.database import run_sql
from portal.operations.step import Claimed
from portal.subscriptions.cancel import cancel_plan
from portal.subscriptions.change_mail import SEND_CHANGE, write_change
from tests.onboarding.shop import Shop
from tests.subscriptions.conftest import subscriber

ASKED = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
ENDS = datetime(2026, 12, 5, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "asked", "ends"),
    [
        ("Pacific/Auckland", "23 November 2026, 12:30 NZDT", "6 December 2026"),
        ("America/New_York", "22 November 2026, 18:30 EST", "5 December 2026"),
        ("", "22 November 2026, 23:30 UTC", "5 December 2026"),
    ],
)
async def test_a_cancellation_is_dated_where_its_customer_is(
    shop: Shop, zone: str, asked: str, ends: str
) -> None:
    ada = await subscriber(shop, "reader")
    await cancel_plan(ada.company, ada.id)
    await run_sql("UPDATE plan_change SET asked_at = {}, takes_effect_at = {}", ASKED, ENDS)
    await run_sql("UPDATE customer SET time_zone = {}", zone)
    (change,) = await run_sql("SELECT id, kind FROM plan_change")

    mail = await write_change(operation(ada.id, change["id"]))

    assert mail is not None
    assert mail.context["asked"] == asked
    assert mail.context["ends"] == ends


async def test_so_is_a_withdrawal(shop: Shop) -> None:
    ada = await subscriber(shop, "reader")
    await cancel_plan(ada.company, ada.id)
    await run_sql("UPDATE plan_change SET kind = 'withdraw', asked_at = {}", ASKED)
    await run_sql("UPDATE customer SET time_zone = 'Pacific/Auckland'")
    (change,) = await run_sql("SELECT id FROM plan_change")

    mail = await write_change(operation(ada.id, change["id"]))

    assert mail is not None
    assert mail.context["asked"] == "23 November 2026, 12:30 NZDT"


def operation(customer: str, change: str) -> Claimed:
    return Claimed(
        id=1, op_id="op_1", company="comp_1", customer=customer, subject=None, lane="own:op_1",
        kind=SEND_CHANGE, params={"change": change}, generation=1, first_sent_at=ASKED, attempts=1,
        created_at=ASKED, lease_token="lease_1",
    )  # fmt: skip
