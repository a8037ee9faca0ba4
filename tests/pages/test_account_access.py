"""Who gets into an account: its customer, signed in, and nobody else, by any door of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from portal import clock
from portal.access.sessions import SignedIn, find_session
from portal.access.tokens import token_of_change
from portal.app import Portal
from portal.customers.avatar import avatar_version
from portal.customers.held_tax_ids import held_tax_ids
from portal.database import run_sql
from portal.pages import visitor
from portal.privacy.erase import erase_what_is_due
from portal.privacy.erasure import ask_erasure
from tests.customers.pictures import picture
from tests.onboarding.shop import Shop
from tests.pages.account_doors import doors_of, kept_of, try_all
from tests.pages.browsing import Visitor
from tests.pages.shelves import change_site
from tests.pages.signed_in import at_her_account
from tests.pages.test_invoices import MALLORY, bill
from tests.pages.test_picture import send as send_picture

ENDED = {
    "expired": ("seen_at", timedelta(hours=-25)),
    "too old": ("signed_in_at", timedelta(days=-31)),
    "revoked": ("ended_at", timedelta()),
}


@dataclass(frozen=True, slots=True)
class Account:
    """Ada's account, in use, and what names the things in it."""

    customer: str
    hers: dict[str, str]


@pytest.fixture
async def account(shop: Shop, ada: Visitor) -> Account:
    await change_site(shop, passwords="on", passkeys="on")
    customer = await at_her_account(ada, plan="reader")
    invoice = await bill(shop, customer)
    asked = await ada.fill("/account/email", {"email": "ada@king.example"})
    await ada.send("/account/email", asked)
    await send_picture(ada, picture())
    own = {"country": "GB", "tax_id": "GB980780684"}
    await ada.send("/account/tax-ids", await ada.fill("/account/tax-ids", own))
    (change,) = await run_sql("SELECT id FROM email_change")
    (session,) = await run_sql("SELECT id FROM session WHERE ended_at IS NULL")
    hers = {
        "invoice": invoice,
        "link": token_of_change(change["id"]),
        "browser": session["id"],
        "held": (await held_tax_ids(customer))[0].id,
        "version": await avatar_version(customer),
    }
    await shop.work_in_the_end()
    return Account(customer, hers)


def test_every_page_of_an_account_is_known_by_its_name(portal: Portal) -> None:
    doors = doors_of(portal)

    assert len(doors) > 40
    for door in doors:
        assert door.name in ("account", "signout") or door.name.startswith(("account.", "email."))


async def test_without_a_session_that_is_open_no_door_leads_to_her_account(
    portal: Portal, shop: Shop, account: Account, ada: Visitor, mallory: Visitor
) -> None:
    doors, kept = doors_of(portal), await kept_of(account.customer)
    (session,) = await run_sql("SELECT * FROM session WHERE ended_at IS NULL")
    asked = len(await shop.stripe.calls())

    refused = {"stranger": await try_all(doors, mallory, account.hers)}
    for how, (column, moved) in ENDED.items():
        await _alter_session(session | {column: clock.now() + moved})
        refused[how] = await try_all(doors[:-1], ada, account.hers)
    await _alter_session(session)

    assert await kept_of(account.customer) == kept
    assert len(await shop.stripe.calls()) == asked
    assert "Lovelace" in (await ada.open("/account/details")).text
    for how, tried in refused.items():
        assert tried.statuses() == {303}, how
        assert tried.led_to() == {"/signin"}, how
        assert tried.statuses(of="email") == {200, 403, 410}, how
        assert tried.that_tell() == [], how


async def test_whoever_was_erased_is_a_stranger_at_every_door(
    portal: Portal, shop: Shop, account: Account, ada: Visitor
) -> None:
    await ask_erasure(account.customer, by="operator")
    await erase_what_is_due()
    await shop.work_in_the_end()
    kept = await kept_of(account.customer)

    tried = await try_all(doors_of(portal)[:-1], ada, account.hers)

    assert tried.statuses() == {303}
    assert tried.led_to() == {"/signin"}
    assert tried.statuses(of="email") == {200, 410}
    assert tried.that_tell() == []
    assert kept["avatar"] == kept["session"] == kept["email_change"] == []
    assert kept["customer_tax_id"] == []
    assert await kept_of(account.customer) == kept


async def test_another_customer_reaches_nothing_of_hers_by_any_door(
    portal: Portal, account: Account, mallory: Visitor
) -> None:
    kept = await kept_of(account.customer)
    await at_her_account(mallory, MALLORY | {"last_name": "Trudy", "line1": "1 Low Road"})

    tried = await try_all(doors_of(portal), mallory, account.hers)

    assert tried.that_tell() == []
    assert max(tried.statuses() | tried.statuses(of="email")) < 500
    assert {
        door.name: answer.status_code for door, answer in tried.answers.items() if "{" in door.path
    } == {
        **dict.fromkeys(("account.invoice", "account.invoice.pdf", "account.invoice.pay"), 404),
        "account.picture.file": 404,
        "email.confirm": 200,
        "email.use_confirm": 410,
        "email.undo": 200,
        "email.use_undo": 410,
    }
    assert await kept_of(account.customer) == kept


async def test_were_nobody_asked_who_they_are_the_doors_would_stand_open(
    portal: Portal,
    account: Account,
    ada: Visitor,
    mallory: Visitor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept, hers = await kept_of(account.customer), await find_session(ada.http.cookies["session"])

    async def hers_is_found(*_request: Any) -> SignedIn | None:
        return hers

    monkeypatch.setattr(visitor, "anybody_in", hers_is_found)
    tried = await try_all(doors_of(portal), mallory, account.hers)

    assert len(tried.that_tell()) >= 6
    assert await kept_of(account.customer) != kept


async def _alter_session(row: Mapping[str, Any]) -> None:
    await run_sql(
        "UPDATE session SET customer = {}, seen_at = {}, signed_in_at = {}, ended_at = {}"
        " WHERE id = {}",
        *(row[name] for name in ("customer", "seen_at", "signed_in_at", "ended_at", "id")),
    )
