"""The mail that welcomes whoever signed up."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import time_machine

from portal import clock
from portal.amounts import written_date
from portal.database import run_sql
from portal.onboarding.signup import SignedUp
from portal.onboarding.welcome_mail import SEND_WELCOME, WELCOME_AFTER, write_welcome
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


async def test_a_finished_sign_up_is_welcomed_once_and_holds_up_nobody(
    shop: Shop, tmp_path: Path
) -> None:
    await shop.sign_up()
    await shop.work()
    at_once = list((tmp_path / "mail").rglob("*.eml"))
    with time_machine.travel(clock.now() + WELCOME_AFTER, tick=True):
        await shop.work()

    mails = list((tmp_path / "mail").rglob("*.eml"))
    assert (len(at_once), len(mails)) == (0, 1)
    assert b"ada@lovelace.example" in mails[0].read_bytes()
    rows = await run_sql("SELECT state, params FROM operation WHERE kind = {}", SEND_WELCOME)
    assert [(row["state"], row["params"]) for row in rows] == [("done", "{}")]


async def test_a_trial_is_told_with_its_end_and_its_price(shop: Shop) -> None:
    op = await signed_up(shop)
    await shop.work()

    mail = await write_welcome(op)
    (copy,) = await run_sql("SELECT trial_ends_at FROM subscription")

    assert mail is not None
    assert (mail.to, mail.context["plan_name"]) == ("ada@lovelace.example", "Studio")
    ends = written_date(datetime.fromisoformat(str(copy["trial_ends_at"])))
    assert mail.context["trial_ends"] == ends
    assert mail.context["next_charge"] == f"€12.00 on {ends}"


async def test_days_are_those_of_the_customers_clocks(shop: Shop) -> None:
    op = await signed_up(shop)
    await shop.work()
    late = datetime(2026, 12, 5, 12, 30, tzinfo=UTC)
    await run_sql("UPDATE subscription SET trial_ends_at = {}, period_ends_at = {}", late, late)
    await run_sql("UPDATE customer SET time_zone = 'Pacific/Auckland'")

    mail = await write_welcome(op)

    assert mail is not None
    assert mail.context["trial_ends"] == "6 December 2026"
    assert mail.context["next_charge"] == "€12.00 on 6 December 2026"


async def test_a_mail_reads_as_written_by_a_person(shop: Shop, tmp_path: Path) -> None:
    await shop.sign_up()
    await shop.work_in_the_end()
    (path,) = (tmp_path / "mail").rglob("*.eml")

    letter = message_from_bytes(path.read_bytes(), policy=policy.default)
    for form in ("plain", "html"):
        body = letter.get_body((form,))
        assert body is not None
        assert "€12.00 on " in body.get_content()
        assert "{" not in re.sub(r"(?s)<style.*?</style>", "", body.get_content())


@pytest.mark.parametrize(
    ("coupon", "said"),
    [
        ({"percent_off": "20", "duration": "once"}, "€9.60 on "),
        ({"amount_off": "500", "currency": "eur", "duration": "forever"}, "€7.00 on "),
        ({"percent_off": "100", "duration": "once"}, ""),
        ({"percent_off": "100", "duration": "forever"}, ""),
    ],
)
async def test_the_next_charge_is_told_after_discounts(
    shop: Shop, coupon: dict[str, str], said: str
) -> None:
    op = operation(await shop.sign_up(coupon=await shop.coupon(**coupon)))
    await shop.work()

    mail = await write_welcome(op)

    assert mail is not None
    assert mail.context["next_charge"].startswith(said)
    assert bool(mail.context["next_charge"]) is bool(said)


async def test_tax_on_top_is_said_and_not_guessed(shop: Shop) -> None:
    op = operation(await shop.sign_up(site=shop.with_tax("automatic")))
    await shop.work()

    mail = await write_welcome(op)

    assert mail is not None
    assert mail.context["next_charge"].startswith("€12.00 plus tax on ")


async def test_nothing_is_promised_that_is_not_certain(shop: Shop) -> None:
    untold, unpaid = await signed_up(shop), await signed_up_grace(shop, "house")
    await shop.work()
    await run_sql("UPDATE onboarding SET coupon = 'HI' WHERE id = {}", untold.params["onboarding"])
    await run_sql("UPDATE subscription SET next_amount = NULL")

    for op in (untold, unpaid):
        mail = await write_welcome(op)
        assert mail is not None
        assert mail.context["next_charge"] == ""


@pytest.mark.parametrize(("verified", "name"), [(True, "Ada"), (False, "")])
async def test_nobody_is_greeted_in_a_strangers_words(
    shop: Shop, verified: bool, name: str
) -> None:
    mail = await write_welcome(operation(await shop.sign_up(verified=verified)))

    assert mail is not None
    assert mail.context["name"] == name


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
