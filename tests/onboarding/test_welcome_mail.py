"""The mail that welcomes whoever signed up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from portal.database import run_sql
from portal.onboarding.signup import SignedUp
from portal.onboarding.welcome_mail import SEND_WELCOME, write_welcome
from portal.operations.step import Claimed
from portal.plans.offers import forget_offers
from tests.onboarding.shop import Shop


async def signed_up(shop: Shop, plan: str | None = "studio") -> Claimed:
    """Sign Ada up, and give the operation whose mail it was."""
    return operation(await shop.sign_up(plan))


def operation(signed_up: SignedUp) -> Claimed:
    now = datetime.now(UTC)
    return Claimed(
        id=1, op_id="op_1", company="comp_1", customer=signed_up.customer, subject=None,
        lane="own:op_1", kind=SEND_WELCOME, params={"onboarding": signed_up.onboarding},
        generation=1, first_sent_at=now, attempts=1, created_at=now, lease_token="lease_1",
    )  # fmt: skip


async def test_a_finished_sign_up_is_welcomed_once(shop: Shop, tmp_path: Path) -> None:
    await shop.sign_up()
    await shop.work()

    mails = list((tmp_path / "mail").rglob("*.eml"))
    assert len(mails) == 1
    assert b"ada@lovelace.example" in mails[0].read_bytes()
    rows = await run_sql("SELECT state, params FROM operation WHERE kind = {}", SEND_WELCOME)
    assert [(row["state"], row["params"]) for row in rows] == [("done", "{}")]


async def test_a_trial_is_told_with_its_end_and_its_price(shop: Shop) -> None:
    op = await signed_up(shop)
    await shop.work()

    mail = await write_welcome(op)

    assert mail is not None
    assert (mail.to, mail.context["name"], mail.context["plan_name"]) == (
        "ada@lovelace.example",
        "Ada",
        "Studio",
    )
    in_two_weeks = datetime.now(UTC) + timedelta(days=14)
    assert abs(mail.context["trial_ends"] - in_two_weeks) < timedelta(minutes=5)
    assert mail.context["next_charge"]["amount"] == 1200
    assert mail.context["next_charge"]["date"] == mail.context["trial_ends"]


async def test_nothing_is_promised_that_is_not_certain(shop: Shop) -> None:
    trial, unpaid = await signed_up(shop), await signed_up_grace(shop, "house")
    await shop.work()
    await run_sql("UPDATE onboarding SET coupon = 'HI' WHERE id = {}", trial.params["onboarding"])

    for op in (trial, unpaid):
        mail = await write_welcome(op)
        assert mail is not None
        assert mail.context["next_charge"] is None


async def signed_up_grace(shop: Shop, plan: str) -> Claimed:
    return operation(await shop.sign_up(plan, email="grace@hopper.example", browser="Grace's"))


async def test_a_plan_no_longer_on_offer_keeps_its_name(shop: Shop) -> None:
    op = await signed_up(shop)
    await shop.work()
    await run_sql("UPDATE plan SET visibility = 'archived' WHERE key = 'studio'")
    forget_offers()

    mail = await write_welcome(op)

    assert mail is not None
    assert mail.context["plan_name"] == "Studio"


async def test_nobody_is_written_to_who_left_no_address(shop: Shop) -> None:
    op = await signed_up(shop)
    await run_sql("UPDATE customer SET email = NULL")

    assert await write_welcome(op) is None
    assert await write_welcome(replace(op, params={"onboarding": "onbo_gone"})) is None
