import asyncio
import json
import re
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine

from portal.access.asking import VALID_FOR
from portal.access.flows import grant_flow
from portal.access.links import (
    LinkSpent,
    look_at,
    request_sign_in,
    state_of,
)
from portal.access.sessions import find_session, open_session
from portal.access.tables import Session, SignInRequest
from portal.access.tokens import token_of
from portal.audit.tables import AuditEntry
from portal.customers.email import Email, normalize_email
from portal.customers.tables import Customer
from portal.database import run_sql
from portal.database.transactions import OwnEngine, Rows
from portal.errors import TooMany
from portal.operations.tables import Operation
from portal.settings import configure
from portal.sites.storefront import Storefront
from tests.access.conftest import Deliver, a_customer, may_go_on, text_of, use_link

ADA = normalize_email("ada@example.com")
NOBODY = normalize_email("nobody@example.com")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DRAFT = {"email": "nobody@example.com", "first_name": "Nobody", "plan": "team"}


def link_in(mail: EmailMessage) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000/signin/link/([\w-]+)\?site=1\s", text_of(mail))
    assert found
    return found[1]


async def test_ada_signs_in_by_the_link_she_is_mailed(
    site: Storefront, ada: Customer, deliver: Deliver
) -> None:
    await request_sign_in(site, ADA, customer=ada, browser_hash="b1")
    [mail] = await deliver()

    assert mail["To"] == "ada@example.com"
    assert mail["From"] == "Acme Tea <portal@localhost>"
    assert mail["Reply-To"] == "help@acme.example"
    consumed = await use_link(link_in(mail), "b1")
    assert consumed.customer == ada.id
    assert consumed.is_first
    assert not consumed.other_browser


async def test_looking_at_a_link_a_hundred_times_leaves_it_good(
    site: Storefront, ada: Customer, deliver: Deliver
) -> None:
    token = await _asked(site, ada, deliver)
    before = await SignInRequest.select()

    for _ in range(100):
        assert state_of(await look_at(token), "b1") == "ready"

    assert await SignInRequest.select() == before
    assert (await use_link(token, "b1")).customer == ada.id


async def test_a_link_is_good_once(site: Storefront, ada: Customer, deliver: Deliver) -> None:
    token = await _asked(site, ada, deliver)
    await use_link(token, "b1")

    with pytest.raises(LinkSpent):
        await use_link(token, "b1")
    assert state_of(await look_at(token), "b1") == "spent"


async def test_it_is_the_mark_of_use_that_refuses_the_second_time(
    site: Storefront, ada: Customer, deliver: Deliver
) -> None:
    token = await _asked(site, ada, deliver)
    await use_link(token, "b1")
    await run_sql("UPDATE sign_in_request SET used_at = NULL")

    assert (await use_link(token, "b1")).customer == ada.id


async def test_of_many_presses_at_once_one_signs_in(
    site: Storefront, ada: Customer, deliver: Deliver
) -> None:
    token = await _asked(site, ada, deliver)

    async def press() -> str:
        consumed = await use_link(token, "b1")
        return await open_session(str(consumed.customer), site.id)

    answers = await asyncio.gather(*(press() for _ in range(20)), return_exceptions=True)

    assert sum(isinstance(answer, str) for answer in answers) == 1
    assert sum(isinstance(answer, LinkSpent) for answer in answers) == 19
    assert await Session.count() == 1


async def test_a_link_lasts_ten_minutes_and_not_a_moment_longer(
    site: Storefront, ada: Customer
) -> None:
    with time_machine.travel(NOON, tick=False):
        await request_sign_in(site, ADA, customer=ada, browser_hash="b1")
        await request_sign_in(site, NOBODY, customer=ada, browser_hash="b1")
    first, second = [token_of(row["id"]) for row in await SignInRequest.select()]

    with time_machine.travel(NOON + VALID_FOR - timedelta(microseconds=1), tick=False):
        assert (await use_link(first, "b1")).customer == ada.id
    with time_machine.travel(NOON + VALID_FOR, tick=False):
        assert state_of(await look_at(second), "b1") == "spent"
        with pytest.raises(LinkSpent):
            await use_link(second, "b1")


async def test_another_browser_may_use_a_link_but_is_told(
    site: Storefront, ada: Customer, deliver: Deliver
) -> None:
    token = await _asked(site, ada, deliver)

    assert state_of(await look_at(token), "phone") == "other_browser"
    assert state_of(await look_at(token), None) == "other_browser"
    assert (await use_link(token, "phone")).other_browser


@pytest.mark.parametrize("token", ["", "a" * 43, "\udcff" * 43, "ä" * 43, "x" * 5000, "a/b"])
async def test_what_is_no_token_of_ours_is_a_spent_link(database: str, token: str) -> None:
    assert state_of(await look_at(token), "b1") == "spent"
    with pytest.raises(LinkSpent):
        await use_link(token, "b1")


async def test_asking_again_ends_nothing_but_using_ends_the_others(
    site: Storefront, ada: Customer, deliver: Deliver
) -> None:
    older = await _asked(site, ada, deliver)
    newer = await _asked(site, ada, deliver, browser="b2")
    grace = await a_customer(site, "grace@example.com")
    hers = await _asked(site, grace, deliver)
    assert state_of(await look_at(older), "b1") == "ready"

    await use_link(newer, "b2")

    assert state_of(await look_at(older), "b1") == "spent"
    assert state_of(await look_at(hers), "b1") == "ready"


async def test_the_first_confirmation_ends_what_a_stranger_began(
    site: Storefront, ada: Customer, deliver: Deliver
) -> None:
    await grant_flow("onbo_1", ada.id, "mallory")
    planted = await open_session(ada.id, site.id)
    older = await _asked(site, ada, deliver, browser="mallory")
    token = await _asked(site, ada, deliver)

    consumed = await use_link(token, "b1")
    own = await open_session(str(consumed.customer), site.id)

    assert consumed.is_first
    assert await find_session(planted) is None
    assert not await may_go_on("onbo_1", "mallory")
    with pytest.raises(LinkSpent):
        await use_link(older, "mallory")
    assert await find_session(own) is not None


async def test_who_confirms_a_draft_takes_over_what_a_stranger_signed_up_meanwhile(
    site: Storefront, deliver: Deliver
) -> None:
    await request_sign_in(site, NOBODY, customer=None, browser_hash="b1", draft=DRAFT)
    [mail] = await deliver()
    taken = await a_customer(site, "nobody@example.com")
    await grant_flow("onbo_1", taken.id, "mallory")
    planted = await open_session(taken.id, site.id)

    consumed = await use_link(link_in(mail), "b1")

    assert (consumed.customer, consumed.is_first) == (taken.id, True)
    assert await find_session(planted) is None
    assert not await may_go_on("onbo_1", "mallory")


async def test_who_was_just_signed_up_by_their_draft_keeps_their_flow(
    site: Storefront, deliver: Deliver
) -> None:
    await request_sign_in(site, NOBODY, customer=None, browser_hash="b1", draft=DRAFT)
    [mail] = await deliver()
    made = await a_customer(site, "nobody@example.com")
    await run_sql("UPDATE customer SET email_verified_at = {}", NOON)
    await grant_flow("onbo_1", made.id, "b1")

    consumed = await use_link(link_in(mail), "b1")

    assert (consumed.customer, consumed.is_first) == (made.id, False)
    assert await may_go_on("onbo_1", "b1")


async def test_a_later_sign_in_leaves_her_other_sessions_alone(
    site: Storefront, ada: Customer, deliver: Deliver
) -> None:
    await use_link(await _asked(site, ada, deliver), "b1")
    laptop = await open_session(ada.id, site.id)

    consumed = await use_link(await _asked(site, ada, deliver), "b1")

    assert not consumed.is_first
    assert await find_session(laptop) is not None


async def test_nobody_is_mailed_at_an_address_that_we_do_not_know(
    site: Storefront, deliver: Deliver
) -> None:
    await request_sign_in(site, NOBODY, customer=None, browser_hash="b1")

    assert await deliver() == []
    assert await SignInRequest.count() == 1


async def test_known_unknown_and_drafted_addresses_cost_the_same_statements(
    site: Storefront, ada: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = await _statements_of(monkeypatch, site, ADA, ada)
    unknown = await _statements_of(monkeypatch, site, NOBODY, None)

    assert known == unknown
    assert len(known) >= 4


async def test_a_draft_waits_sealed_until_its_address_is_confirmed(
    site: Storefront, deliver: Deliver
) -> None:
    await request_sign_in(site, NOBODY, customer=None, browser_hash="b1", draft=DRAFT)
    assert "Nobody" not in json.dumps(await SignInRequest.select(), default=str)

    [mail] = await deliver()
    consumed = await use_link(link_in(mail), "b1")

    assert mail["Subject"] == "Finish signing up for Acme Tea"
    assert consumed.draft == DRAFT
    assert consumed.customer is None


async def test_a_draft_that_another_secret_sealed_is_sent_again(
    site: Storefront, deliver: Deliver
) -> None:
    await request_sign_in(site, NOBODY, customer=None, browser_hash="b1", draft=DRAFT)
    [mail] = await deliver()
    configure(secret="another secret of the tests, 32 characters or more")

    used = await use_link(link_in(mail), "b1")

    assert (used.customer, used.draft) == (None, None)


async def test_a_draft_for_a_known_address_is_never_opened(
    site: Storefront, ada: Customer, deliver: Deliver
) -> None:
    await request_sign_in(site, ADA, customer=ada, browser_hash="mallory", draft=DRAFT)
    [mail] = await deliver()

    consumed = await use_link(link_in(mail), "b1")

    assert mail["Subject"] == "Sign in to Acme Tea"
    assert consumed.draft is None


async def test_a_link_that_has_run_out_is_not_mailed_any_more(
    site: Storefront, ada: Customer, deliver: Deliver
) -> None:
    with time_machine.travel(NOON, tick=False):
        await request_sign_in(site, ADA, customer=ada, browser_hash="b1")

    with time_machine.travel(NOON + VALID_FOR, tick=False):
        assert await deliver() == []


async def test_an_address_gets_three_mails_an_hour_and_ten_a_day(
    site: Storefront, ada: Customer
) -> None:
    sent: list[datetime] = []
    for minute in range(0, 24 * 60, 5):
        at = NOON + timedelta(minutes=minute)
        with time_machine.travel(at, tick=False):
            before = await Operation.count()
            await request_sign_in(site, ADA, customer=ada, browser_hash="b1")
            sent += [at] * (await Operation.count() - before)

    assert len(sent) == 10
    assert sum(at < NOON + timedelta(hours=1) for at in sent) == 3


async def test_a_bombed_address_leaves_the_others_theirs(site: Storefront, ada: Customer) -> None:
    for _ in range(20):
        await request_sign_in(site, ADA, customer=ada, browser_hash="b1")
    await request_sign_in(site, NOBODY, customer=None, browser_hash="b1")

    assert await Operation.count() == 3 + 1


async def test_a_network_asks_five_times_a_minute_for_whomever(site: Storefront) -> None:
    for number in range(50):
        stranger = normalize_email(f"stranger{number}@example.com")
        ip = f"2001:db8::{number}"
        with pytest.raises(TooMany) if number >= 4 else nullcontext():
            await request_sign_in(site, stranger, customer=None, browser_hash="b1", ip=ip)
    assert await Operation.count() == 4

    await request_sign_in(site, ADA, customer=None, browser_hash="b1", ip="192.0.2.1")
    assert await Operation.count() == 5


async def test_a_stranger_cannot_have_us_mail_their_words(
    site: Storefront, deliver: Deliver
) -> None:
    words = "Win at http://evil.example\r\nBcc: grace@example.com"
    ada = await a_customer(site, "ada@example.com", first_name=words)
    await request_sign_in(site, ADA, customer=ada, browser_hash="mallory")
    await request_sign_in(
        site, NOBODY, customer=None, browser_hash="mallory", draft=DRAFT | {"first_name": words}
    )

    mails = await deliver()

    assert len(mails) == 2
    assert all(b"evil" not in bytes(mail) and mail["Bcc"] is None for mail in mails)


async def test_what_happened_is_written_down_without_the_address(
    site: Storefront, ada: Customer, deliver: Deliver
) -> None:
    await use_link(await _asked(site, ada, deliver), "b1")

    entries = await AuditEntry.select().order_by(AuditEntry.id)
    assert [entry["action"] for entry in entries] == [
        "customer.email_verified",
        "customer.signed_in",
    ]
    assert {entry["object_id"] for entry in entries} == {ada.id}
    assert "ada@" not in str(entries)


async def _asked(
    site: Storefront, customer: Customer, deliver: Deliver, browser: str = "b1"
) -> str:
    email = normalize_email(str(customer.email))
    await request_sign_in(site, email, customer=customer, browser_hash=browser)
    [mail] = await deliver()
    return link_in(mail)


async def _statements_of(
    monkeypatch: pytest.MonkeyPatch, site: Storefront, email: Email, customer: Customer | None
) -> list[str]:
    """List the SQL that a request costs, without its values."""
    seen: list[str] = []
    run_sql = OwnEngine.run_sql

    async def noted(self: OwnEngine, sql: str, args: Sequence[Any] = ()) -> Rows:
        seen.append(sql)
        return await run_sql(self, sql, args)

    with monkeypatch.context() as patch:
        patch.setattr(OwnEngine, "run_sql", noted)
        await request_sign_in(site, email, customer=customer, browser_hash="b1", draft=DRAFT)
    return seen
