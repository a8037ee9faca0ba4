"""A sign-up is gone on with by the link in a mail, for seven days, and by nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from portal import clock
from portal.access.drafts import find_draft, forget_draft, save_draft
from portal.access.resume import resume_link_by, send_for_later, state_of_resuming, take_up
from portal.access.sweep import forget_expired
from portal.access.tokens import token_of_resuming
from portal.customers.email import normalize_email
from portal.database import run_sql
from portal.errors import TooMany
from tests.onboarding.shop import Shop
from tests.people import ADA, GRACE

HERE, THERE = "the hash of her browser", "the hash of her phone's"
ANSWERS = {"email": ADA["email"], "city": "London", "plan": "studio"}


async def send(shop: Shop, *, email: str = ADA["email"], ip: str | None = None) -> None:
    answers: Mapping[str, str] = ANSWERS
    await save_draft(HERE, shop.site.id, answers)
    await send_for_later(
        shop.site, normalize_email(email), answers, browser_hash=HERE, locale="en", ip=ip
    )


async def token() -> str:
    (row,) = await run_sql("SELECT id FROM resume_link")
    return token_of_resuming(row["id"])


async def test_the_link_lays_the_answers_down_on_another_device(shop: Shop) -> None:
    await send(shop)
    link = await resume_link_by(await token())
    assert link is not None
    assert await find_draft(THERE, shop.site.id) == {}

    assert [await take_up(link, THERE), await take_up(link, THERE)] == [True, True]

    assert await find_draft(THERE, shop.site.id) == ANSWERS
    (row,) = await run_sql("SELECT answers, token_hash FROM resume_link")
    assert "London" not in row["answers"]
    assert await token() != row["token_hash"]


@pytest.mark.parametrize("where", [HERE, THERE])
async def test_it_dies_when_the_sign_up_is_finished_on_either_device(
    shop: Shop, where: str
) -> None:
    await send(shop)
    link = await resume_link_by(await token())
    assert link is not None
    await take_up(link, THERE)

    await forget_draft(where, shop.site.id)

    link = await resume_link_by(await token())
    assert await state_of_resuming(link) == "spent"
    assert link is not None
    assert not await take_up(link, "a third")
    (row,) = await run_sql("SELECT answers FROM resume_link")
    assert row["answers"] == ""


async def test_it_runs_out_after_seven_days_and_is_forgotten(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await send(shop)
    link = await resume_link_by(await token())
    assert link is not None
    late = clock.now() + timedelta(days=7, seconds=1)
    monkeypatch.setattr("portal.access.resume.clock.now", lambda: late)

    assert await state_of_resuming(link) == "spent"
    assert not await take_up(link, THERE)
    await forget_expired()

    assert await run_sql("SELECT id FROM resume_link") == []


async def test_once_signed_up_it_shows_no_answers_but_leads_to_the_account(shop: Shop) -> None:
    await send(shop)
    await shop.sign_up()
    link = await resume_link_by(await token())

    assert await state_of_resuming(link) == "stored"
    assert link is not None
    assert not await take_up(link, THERE)
    assert await find_draft(THERE, shop.site.id) == {}


async def test_who_guesses_finds_nothing(shop: Shop) -> None:
    await send(shop)

    for guess in ("", "x" * 43, token_of_resuming("resu_1"), (await token())[:-1]):
        assert await resume_link_by(guess) is None
    assert await resume_link_by(await token())


async def test_an_address_gets_a_few_mails_and_a_network_asks_a_few_times(shop: Shop) -> None:
    for _ in range(5):
        await send(shop, email=GRACE["email"])
    assert len(await run_sql("SELECT id FROM resume_link")) < 5

    with pytest.raises(TooMany):
        for number in range(30):
            await send(shop, email=f"ada{number}@example.com", ip="192.0.2.9")
