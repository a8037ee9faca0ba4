"""Passkeys: made for one page and person, used once for each challenge, and by nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from portal import clock
from portal.access.confirm import confirm_address
from portal.access.passkey_challenge import VALID_FOR, relying_party
from portal.access.passkey_check import PasskeyRefused
from portal.access.passkeys import (
    add_passkey,
    ask_for_one,
    ask_for_use,
    passkeys_of,
    remove_passkey,
    sign_in_by_passkey,
)
from portal.access.sessions import SignedIn, find_session, open_session
from portal.customers.tables import Customer
from portal.database import run_sql
from portal.errors import TooMany
from portal.settings import configure
from portal.sites.storefront import Storefront
from tests.access.authenticator import Authenticator
from tests.access.conftest import Deliver, a_customer, text_of

HERE = "https://join.acme.example"
ADA = "ada@example.com"


@pytest.fixture
def offering(site: Storefront) -> Storefront:
    """The site, where browsers make passkeys for it."""
    configure(base_url=HERE)
    limits = dict(site.limits) | {"codes_per_minute": 1000, "codes_per_hour": 1000}
    return replace(site, passkeys="on", limits=limits)


@pytest.fixture
async def session(offering: Storefront, ada: Customer) -> SignedIn:
    found = await find_session(await open_session(ada.id, offering.id))
    assert found
    return found


@pytest.fixture
async def device(offering: Storefront, session: SignedIn) -> Authenticator:
    """Ada's device, with the passkey that she added."""
    made = Authenticator(HERE)
    answer = made.create(await ask_for_one(offering, session, "b1", ADA))
    await add_passkey(session, offering, answer, "b1", "Chrome Macintosh")
    return made


async def opens(site: Storefront, answer: str, browser: str = "b1") -> bool:
    try:
        return bool(await sign_in_by_passkey(site, answer, browser))
    except PasskeyRefused:
        return False


async def test_a_passkey_is_added_used_and_removed(
    offering: Storefront, session: SignedIn, device: Authenticator, deliver: Deliver
) -> None:
    configure(base_url=HERE)
    (kept,) = await passkeys_of(session.customer)
    assert (kept.browser, kept.system) == ("Chrome", "Mac")
    asked = json.loads(await ask_for_one(offering, session, "b1", ADA))
    assert len(asked["excludeCredentials"]) == 1
    assert asked["authenticatorSelection"]["userVerification"] == "required"

    for browser in ("b2", "b3"):
        answer = device.get(ask_for_use(offering, browser))
        assert await sign_in_by_passkey(offering, answer, browser) == session.customer
    mallory = replace(session, customer="cust_mallory")
    await remove_passkey(mallory, offering, kept.id)
    assert len(await passkeys_of(session.customer)) == 1
    await remove_passkey(session, offering, kept.id)
    await remove_passkey(session, offering, kept.id)

    assert not await opens(offering, device.get(ask_for_use(offering, "b1")))
    noted = await run_sql(
        "SELECT action FROM audit_entry WHERE action LIKE '%passkey%' ORDER BY id"
    )
    assert [row["action"] for row in noted] == [
        "customer.passkey_added", "customer.passkey_removed",
    ]  # fmt: skip
    said = sorted("removed" in text_of(mail) for mail in await deliver())
    assert said == [False, True]


def _handle(device: Authenticator) -> None:
    device.handle = "Y3VzdF9tYWxsb3J5"


WRONG: dict[str, Callable[[Authenticator], None]] = {
    "another origin": lambda device: setattr(device, "origin", "https://join.acme.example.evil"),
    "http": lambda device: setattr(device, "origin", "http://join.acme.example"),
    "nobody was verified": lambda device: setattr(device, "verifies", False),
    "another key": lambda device: setattr(device, "key", Authenticator(HERE).key),
    "another credential": lambda device: setattr(device, "credential", b"x" * 32),
    "another person": _handle,
    "a count that stands still": lambda device: setattr(device, "count", -1),
}


@pytest.mark.parametrize("what", WRONG)
async def test_a_passkey_that_is_wrong_in_one_thing_opens_nothing(
    offering: Storefront, device: Authenticator, what: str
) -> None:
    assert await opens(offering, device.get(ask_for_use(offering, "b1")))

    WRONG[what](device)

    assert not await opens(offering, device.get(ask_for_use(offering, "b1")))


async def test_an_answer_is_good_once_in_its_browser_in_time_and_for_its_question(
    offering: Storefront, session: SignedIn, device: Authenticator
) -> None:
    answer = device.get(ask_for_use(offering, "b1"))
    assert not await opens(offering, answer, "b2")
    assert await opens(offering, answer)
    assert not await opens(offering, answer)

    asked = json.loads(ask_for_use(offering, "b1"))
    late = device.get(json.dumps(asked))
    with time_machine.travel(clock.now() + VALID_FOR + timedelta(seconds=2), tick=False):
        assert not await opens(offering, late)

    to_add = json.loads(await ask_for_one(offering, session, "b1", ADA))
    assert not await opens(
        offering, device.get(json.dumps(asked | {"challenge": to_add["challenge"]}))
    )
    made_up = asked | {"challenge": "bm90IG91cnM"}
    assert not await opens(offering, device.get(json.dumps(made_up)))


@pytest.mark.parametrize(
    "answer",
    ["", "null", "[]", "{}", '{"response": 1}', '{"response": {"clientDataJSON": "é"}}',
     '{"id": 1, "response": {"clientDataJSON": "bnVsbA"}}', "[" * 30_000],
)  # fmt: skip
async def test_junk_is_refused(offering: Storefront, session: SignedIn, answer: str) -> None:
    assert not await opens(offering, answer)
    with pytest.raises(PasskeyRefused):
        await add_passkey(session, offering, answer, "b1", "")


async def test_a_passkey_is_not_added_twice_nor_without_the_person(
    offering: Storefront, session: SignedIn, device: Authenticator
) -> None:
    unverified = Authenticator(HERE, verifies=False)
    foreign = Authenticator("https://evil.example")

    for made in (device, unverified, foreign):
        answer = made.create(await ask_for_one(offering, session, "b1", ADA))
        with pytest.raises(PasskeyRefused):
            await add_passkey(session, offering, answer, "b1", "")
    replayed = device.create(await ask_for_one(offering, session, "b2", ADA))
    with pytest.raises(PasskeyRefused):
        await add_passkey(session, offering, replayed, "b1", "")

    assert len(await passkeys_of(session.customer)) == 1


async def test_it_opens_at_its_own_company_and_name_only(
    offering: Storefront, device: Authenticator
) -> None:
    elsewhere = replace(offering, company_id="comp_2")
    assert not await opens(elsewhere, device.get(ask_for_use(elsewhere, "b1")))
    configure(base_url="https://other.acme.example")
    device.origin = "https://other.acme.example"

    assert not await opens(offering, device.get(ask_for_use(offering, "b1")))


async def test_the_first_proof_of_an_address_takes_its_passkeys_away(
    offering: Storefront, session: SignedIn, device: Authenticator
) -> None:
    await confirm_address(session.customer, session.company)

    assert not await opens(offering, device.get(ask_for_use(offering, "b1")))


async def test_tries_are_counted_by_network(site: Storefront) -> None:
    configure(base_url=HERE)
    offering, refused = replace(site, passkeys="on"), 0

    for _ in range(8):
        with pytest.raises((PasskeyRefused, TooMany)) as wrong:
            await sign_in_by_passkey(offering, "{}", "b1", ip="192.0.2.7")
        refused += wrong.type is TooMany

    assert refused == 3


@pytest.mark.parametrize(
    ("base_url", "setting", "host"),
    [
        ("https://join.acme.example:8443", "on", "join.acme.example"),
        ("http://localhost:8000", "on", "localhost"),
        ("https://join.acme.example", "off", ""),
        ("http://join.acme.example", "on", ""),
        ("http://127.0.0.1:8000", "on", ""),
        ("https://192.0.2.7", "on", ""),
        ("https://[2001:db8::1]", "on", ""),
    ],
)
async def test_passkeys_are_for_names_over_https_where_the_site_wants_them(
    site: Storefront, base_url: str, setting: str, host: str
) -> None:
    configure(base_url=base_url)

    offering = replace(site, passkeys=setting)

    assert relying_party(offering) == host
    assert bool(ask_for_use(offering, "b1")) == bool(host)


async def test_two_uses_at_once_of_one_count_are_one(
    offering: Storefront, session: SignedIn, device: Authenticator
) -> None:
    grace = await a_customer(offering, "grace@example.com")
    assert await passkeys_of(grace.id) == []
    first = device.get(ask_for_use(offering, "b1"))
    device.count -= 1
    second = device.get(ask_for_use(offering, "b1"))

    assert [await opens(offering, first), await opens(offering, second)] == [True, False]
