"""Contracts are ended without signing in by whoever reads the mail, and told of to nobody else."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import httpx
import pytest

from portal import clock
from portal.database import run_sql
from portal.deliveries.mail import Mail, send
from portal.operations.step import Claimed
from portal.subscriptions import declared_several
from portal.subscriptions.declarations import forget_declarations
from portal.subscriptions.declared import CONFIRM_WITHIN
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.pages.mails import mail_to, mails, text_of
from tests.pages.members import become_member, held_at_stripe
from tests.pages.shelves import change_site, refreshed
from tests.people import ADA, GRACE

CANCEL, WITHDRAW = "/contracts/cancel", "/contracts/withdraw"
CONFIRM = "/contracts/confirm/"
HERS = {"name": "Ada Lovelace", "email": ADA["email"], "contract": "House"}


@pytest.fixture
async def german(shop: Shop, ada: Visitor) -> Shop:
    """A shop in Germany, where Ada pays by the month."""
    shop = await change_site(shop, market="de")
    await become_member(shop, ada)
    return shop


async def declare(visitor: Visitor, path: str, **typed: str) -> httpx.Response:
    sent = await visitor.send(path, await visitor.fill(path, HERS | typed))
    return await visitor.open(sent.headers["location"]) if sent.status_code == 303 else sent


async def link_to(email: str) -> str:
    found = re.search(CONFIRM + r"[\w-]+", await mail_to(email, about="what you sent us and when"))
    assert found
    return found[0]


async def test_a_contract_is_cancelled_by_a_form_and_the_link_in_its_mail(
    german: Shop, mallory: Visitor
) -> None:
    assert f'href="{CANCEL}"' in (await mallory.open("/")).text
    received = await declare(mallory, CANCEL)
    assert "We have received your cancellation" in received.text
    assert f"{clock.now():%Y}, " in received.text
    link = await link_to(ADA["email"])

    for _ in range(100):
        page = await mallory.open(link)
    assert (await held_at_stripe(german))["cancel_at_period_end"] is False
    done = await mallory.open((await mallory.press(page, "")).headers["location"])
    await german.work_in_the_end()

    assert "Your contract is cancelled" in done.text
    assert (await held_at_stripe(german))["cancel_at_period_end"] is True
    assert await mail_to(ADA["email"], about="it confirms your cancellation")
    assert (await mallory.press(page, "")).status_code == 303
    assert len(await run_sql("SELECT id FROM plan_change")) == 1


async def test_a_withdrawal_counts_from_when_it_was_declared(
    german: Shop, mallory: Visitor
) -> None:
    await declare(mallory, WITHDRAW)
    page = await mallory.open(await link_to(ADA["email"]))

    await mallory.press(page, "")
    await german.work_in_the_end()

    assert (await held_at_stripe(german))["status"] == "canceled"
    assert [each["amount"] for each in await german.stripe.objects("refund")] == [4900]
    (change,) = await run_sql("SELECT asked_at FROM plan_change")
    (declared,) = await run_sql("SELECT received_at FROM declaration")
    assert str(change["asked_at"]) == str(declared["received_at"])


@ON_SQLITE
@pytest.mark.parametrize("path", [CANCEL, WITHDRAW])
async def test_nobody_learns_whether_an_address_is_known(
    german: Shop, mallory: Visitor, path: str
) -> None:
    known = await declare(mallory, path)
    unknown = await declare(mallory, path, email=GRACE["email"])
    text = await mail_to(GRACE["email"], about="what you sent us and when")

    assert known.status_code == unknown.status_code == 200
    assert _bare(known) == _bare(unknown)
    assert "We have no contract at this address" in text
    assert CONFIRM not in text
    assert HERS["name"] not in text


@ON_SQLITE
async def test_a_form_with_mistakes_is_shown_again_and_nothing_is_written(
    german: Shop, mallory: Visitor
) -> None:
    wrong = await declare(mallory, CANCEL, name=" ", email="nobody")

    assert wrong.status_code == 422
    assert "Enter your name." in wrong.text
    assert await run_sql("SELECT id FROM declaration") == []


@ON_SQLITE
async def test_a_cancellation_for_cause_is_told_to_the_seller_too(
    german: Shop, mallory: Visitor
) -> None:
    await run_sql("UPDATE company SET support_email = 'help@acme.example'")
    await refreshed(german)

    await declare(mallory, CANCEL, cause="The letters never came, see https://evil.example/x")

    text = await mail_to("help@acme.example", about="only you can")
    assert "The letters never came, see …" in text
    assert "evil" not in text


@ON_SQLITE
async def test_what_was_declared_is_shown_to_nobody_else(
    german: Shop, ada: Visitor, mallory: Visitor
) -> None:
    received = await declare(mallory, CANCEL)

    assert (await ada.open(str(received.url))).status_code == 404
    assert (await mallory.open(f"{CONFIRM}{'x' * 43}")).status_code == 410


@ON_SQLITE
async def test_what_a_stranger_types_as_a_name_makes_no_lines_of_a_mail(
    german: Shop, mallory: Visitor
) -> None:
    await declare(mallory, CANCEL, name="Ada\r\n\r\nWe have locked your account.\u2028Call us.")

    told = await mail_to(ADA["email"], about="what you sent us and when")

    assert "Name: Ada We have locked your account. Call us." in " ".join(told.split())
    assert not any(line.startswith("We have locked") for line in told.splitlines())


@ON_SQLITE
async def test_a_link_in_a_mailbox_that_is_no_longer_theirs_ends_nothing(
    german: Shop, mallory: Visitor
) -> None:
    await declare(mallory, WITHDRAW)
    page = await mallory.open(link := await link_to(ADA["email"]))
    moved = "UPDATE customer SET email = {}, email_key = {} WHERE email_key = {}"
    await run_sql(moved, "ada@new.example", "ada@new.example", ADA["email"].lower())

    assert (await mallory.press(page, "")).status_code == 410
    assert (await mallory.open(link)).status_code == 410
    await german.work_in_the_end()
    assert (await held_at_stripe(german))["status"] != "canceled"

    await run_sql(moved, ADA["email"], ADA["email"].lower(), "ada@new.example")
    assert (await mallory.press(page, "")).status_code == 303


@ON_SQLITE
async def test_a_link_runs_out_and_what_is_nobodys_is_forgotten(
    german: Shop, mallory: Visitor
) -> None:
    await declare(mallory, CANCEL)
    await declare(mallory, CANCEL, email=GRACE["email"])
    link = await link_to(ADA["email"])
    page = await mallory.open(link)
    late = clock.now() - CONFIRM_WITHIN - timedelta(days=80)
    await run_sql("UPDATE declaration SET received_at = {}, told_at = {}", late, late)

    assert (await mallory.press(page, "")).status_code == 410
    assert (await held_at_stripe(german))["cancel_at_period_end"] is False
    await forget_declarations()
    (kept,) = await run_sql("SELECT email FROM declaration")
    assert kept["email"] == ADA["email"]


@ON_SQLITE
async def test_elsewhere_there_is_no_such_form_and_in_the_account_another(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await change_site(shop, market="eu")
    assert (await mallory.open(CANCEL)).status_code == 404
    assert (await mallory.open(WITHDRAW)).status_code == 200
    await change_site(shop, market="none")
    assert (await mallory.open(WITHDRAW)).status_code == 404
    assert WITHDRAW not in (await mallory.open("/")).text

    await change_site(shop, market="de")
    await become_member(shop, ada)
    assert (await ada.open(CANCEL)).headers["location"] == "/account/cancel"
    assert (await ada.open(WITHDRAW)).headers["location"] == "/account/withdraw"


@ON_SQLITE
async def test_an_address_gets_a_few_mails_and_every_declaration_is_kept(
    german: Shop, mallory: Visitor
) -> None:
    often = {"sign_ins_per_minute": 1000, "sign_ins_per_hour": 1000}
    await change_site(german, limits=json.dumps(often))
    answers = [
        await declare(mallory, CANCEL, email=GRACE["email"], contract=f"No. {number}")
        for number in range(6)
    ]
    assert "We have sent an email to this address" in answers[0].text
    assert "within six hours" in answers[-1].text
    await german.work_in_the_end()

    told = [text_of(mail) for mail in mails() if "what you sent us and when" in text_of(mail)]
    assert len(told) == 3
    assert sum(text.count("Received: ") for text in told) == 6
    assert await run_sql("SELECT id FROM declaration WHERE mail_waits = {}", True) == []
    assert len(await run_sql("SELECT id FROM declaration")) == 6


async def test_what_waited_is_told_with_a_link_for_each_and_what_comes_later_by_another_mail(
    german: Shop, mallory: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(declared_several, "MOST_TOLD", 2)
    limits = {"sign_ins_per_minute": 1000, "sign_ins_per_hour": 1000, "mails_per_hour": 0}
    await change_site(german, limits=json.dumps(limits))
    for path in (CANCEL, WITHDRAW, CANCEL):
        await declare(mallory, path)
    await german.work_in_the_end()

    several = [mail for mail in mails() if str(mail["subject"]).startswith("What was declared")]
    links = [re.findall(CONFIRM + r"[\w-]+", text_of(mail)) for mail in several]
    assert [len(found) for found in links] == [2, 1]
    assert all("Lovelace" in text_of(mail) for mail in several)
    page = await mallory.open(links[0][1])
    await mallory.press(page, "")
    await german.work_in_the_end()
    assert (await held_at_stripe(german))["status"] == "canceled"


@ON_SQLITE
async def test_what_is_declared_while_the_mail_goes_out_is_told_by_the_next(
    german: Shop, mallory: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = {"sign_ins_per_minute": 1000, "sign_ins_per_hour": 1000, "mails_per_hour": 0}
    await change_site(german, limits=json.dumps(limits))
    await declare(mallory, CANCEL, contract="First")
    sent: list[str] = []

    async def send_slowly(mail: Mail, op: Claimed) -> str:
        if not sent:
            await declare(mallory, CANCEL, contract="Second")
        sent.append(mail.template)
        return await send(mail, op)

    monkeypatch.setattr(declared_several, "send", send_slowly)
    await german.work_in_the_end()

    told = [text_of(mail) for mail in mails() if str(mail["subject"]).startswith("What was")]
    assert [("First" in text, "Second" in text) for text in told] == [(True, False), (False, True)]


@ON_SQLITE
async def test_a_flood_of_causes_is_a_few_mails_to_the_seller_and_none_is_lost(
    german: Shop, mallory: Visitor
) -> None:
    await run_sql("UPDATE company SET support_email = 'help@acme.example'")
    limits = {"sign_ins_per_minute": 1000, "sign_ins_per_hour": 1000, "seller_mails_per_hour": 2}
    await change_site(german, limits=json.dumps(limits))

    for number in range(6):
        cause, email = f"Cause number {number}", f"nobody{number}@trudy.example"
        await declare(mallory, CANCEL, cause=cause, email=email)
    await german.work_in_the_end()

    told = [text_of(mail) for mail in mails() if "help@acme.example" in str(mail["to"])]
    assert len(told) == 3
    assert all(f"Cause number {number}" in " ".join(told) for number in range(6))
    assert "Several were sent without signing in" in told[-1]


@ON_SQLITE
async def test_too_many_of_one_network_keep_what_they_typed_and_are_told_to_wait(
    german: Shop, mallory: Visitor
) -> None:
    await change_site(german, limits=json.dumps({"sign_ins_per_minute": 2}))
    await declare(mallory, CANCEL)

    answer = await declare(mallory, CANCEL, cause="The letters never came.")

    assert answer.status_code == 429
    assert 'value="The letters never came."' in answer.text
    assert "Wait a few minutes" in answer.text
    assert len(await run_sql("SELECT id FROM declaration")) == 1


def _bare(answer: httpx.Response) -> str:
    text = re.sub(r"decl_\w+|value=\"[^\"]*\"|Request[^<]*", "", answer.text)
    for email in (ADA["email"], GRACE["email"]):
        text = text.replace(email, "EMAIL")
    return re.sub(r"\d\d:\d\d", "", text)
