"""Passwords: signed in by, made ours, set, taken away, imported, dropped; never slow for others."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from portal import clock
from portal.access import password_beat, password_work, passwords
from portal.access.confirm import confirm_address
from portal.access.password_beat import beat
from portal.access.password_hashes import is_right
from portal.access.password_import import keep_import, ready_import
from portal.access.password_work import AT_ONCE, MOST_WAITING, beside
from portal.access.passwords import (
    WrongPassword,
    has_password,
    remove_password,
    set_password,
    sign_in_by_password,
)
from portal.access.sessions import SignedIn, find_session, open_session
from portal.access.sweep import forget_expired
from portal.customers.email import normalize_email
from portal.customers.tables import Customer
from portal.database import is_sqlite, run_sql
from portal.errors import InvalidDetails, TooMany
from portal.settings import configure
from portal.sites.storefront import Storefront
from tests.access.conftest import Deliver, a_customer, text_of

EMAIL = normalize_email("ada@example.com")
SECRET = "tea at five in Torquay"
# Of "hashcat", as other sites kept it.
WORDPRESS = "$P$984478476IagS59wHZvyQMArzfx58u."
# Of a cost at which it takes a millisecond, and a tenth of a second.
CHEAP, DEAR = (f"$2y${cost}$" + "." * 22 + "a" * 31 for cost in ("04", "11"))
MD5 = "8743b52063cd84097a65d1633f5c74f5"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer what is wrong at once, where a test does not look at that."""
    password_beat.look_again()
    monkeypatch.setattr(password_beat, "LEAST_S", 0.001)


async def signed_in(customer: Customer, site: Storefront) -> SignedIn:
    session = await find_session(await open_session(customer.id, site.id))
    assert session
    return session


async def opens(site: Storefront, typed: str) -> bool:
    try:
        return bool(await sign_in_by_password(site, EMAIL, typed))
    except WrongPassword:
        return False


async def stored() -> dict[str, object]:
    (row,) = await run_sql("SELECT scheme, hash, imported_at FROM password")
    return dict(row)


async def test_a_password_is_set_used_changed_and_removed(
    site: Storefront, ada: Customer, deliver: Deliver
) -> None:
    here, there = await signed_in(ada, site), await open_session(ada.id, site.id)
    assert not await opens(site, SECRET)

    await set_password(here, site, SECRET, EMAIL.address)
    assert await sign_in_by_password(site, EMAIL, SECRET) == ada.id
    assert await find_session(there) is None
    await set_password(here, site, SECRET + "!", EMAIL.address)
    assert (await opens(site, SECRET), await opens(site, SECRET + "!")) == (False, True)
    await remove_password(here, site)
    await remove_password(here, site)

    assert not await opens(site, SECRET + "!")
    assert not await has_password(ada.id)
    said = sorted(text_of(mail) for mail in await deliver())
    assert [("removed" in text, "set just now" in text) for text in said] == [
        (True, False), (False, True), (False, True),
    ]  # fmt: skip
    noted = await run_sql("SELECT action, fields FROM audit_entry ORDER BY id")
    assert [row["action"] for row in noted if "password" in row["action"]] == [
        "customer.password_set", "customer.password_set", "customer.password_removed",
    ]  # fmt: skip
    assert SECRET not in str(noted) + str(await run_sql("SELECT * FROM operation"))


async def test_a_password_that_will_not_do_changes_nothing(site: Storefront, ada: Customer) -> None:
    session = await signed_in(ada, site)

    for typed in ("short", "password123", EMAIL.address):
        with pytest.raises(InvalidDetails) as wrong:
            await set_password(session, site, typed, EMAIL.address)
        assert list(wrong.value.problems) == ["password"]
    assert not await has_password(ada.id)


@pytest.mark.parametrize(
    ("kind", "value", "typed"),
    [
        ("plain_text", "hashcat", "hashcat"),
        ("md5", MD5, "hashcat"),
        ("bcrypt_wordpress", WORDPRESS, "hashcat"),
        ("password_bcrypt", "$2a$05$LhayLxezLhK1LhWvKxCyLOj0j1u.Kj0jZ0pEmm134uzrQlFvQJLF6",
         "hashcat"),
        ("crypt", "48c/R8JAv757A", "hashcat"),
        ("drupal_v8.2.x", "$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf", "hashcat"),
    ],
)  # fmt: skip
async def test_an_imported_password_opens_and_becomes_ours(
    site: Storefront, ada: Customer, kind: str, value: str, typed: str
) -> None:
    assert await keep_import(ada.id, await ready_import(value, kind))
    before = await stored()

    assert not await opens(site, typed.upper())
    assert await stored() == before
    assert await opens(site, typed)
    after = await stored()

    assert (after["scheme"], after["imported_at"]) == ("argon2id", None)
    assert str(after["hash"]).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await opens(site, typed)
    assert await stored() == after


async def test_an_import_again_mends_what_nobody_used_and_nothing_else(
    site: Storefront, ada: Customer
) -> None:
    await keep_import(ada.id, await ready_import(MD5, "md5"))
    assert await keep_import(ada.id, await ready_import(WORDPRESS, "bcrypt_wordpress"))
    assert (await stored())["scheme"] == "phpass"
    assert await opens(site, "hashcat")

    assert not await keep_import(ada.id, await ready_import("another one", "plain_text"))
    assert (await opens(site, "hashcat"), await opens(site, "another one")) == (True, False)


async def test_a_hash_that_nobody_signed_in_by_is_dropped_after_a_year(
    site: Storefront, ada: Customer
) -> None:
    plain = await a_customer(site, "grace@example.com")
    await keep_import(ada.id, await ready_import(MD5, "md5"))
    await keep_import(plain.id, await ready_import("tea at noon", "plain_text"))

    with time_machine.travel(clock.now() + timedelta(days=359), tick=False):
        await forget_expired()
        assert await has_password(ada.id)
        configure(imported_hashes_months=13)
    with time_machine.travel(clock.now() + timedelta(days=361), tick=False):
        await forget_expired()
        assert await has_password(ada.id)
        configure(imported_hashes_months=12)
        await forget_expired()
        assert not await has_password(ada.id)
        assert await has_password(plain.id)


async def test_a_stolen_database_holds_no_password_and_no_md5_of_one(
    site: Storefront, ada: Customer, database_url: str
) -> None:
    grace = await a_customer(site, "grace@example.com")
    await keep_import(ada.id, await ready_import("zanzibar canary plain", "plain_text"))
    await keep_import(grace.id, await ready_import(MD5, "md5"))
    await sign_in_by_password(site, EMAIL, "zanzibar canary plain")
    await sign_in_by_password(site, normalize_email("grace@example.com"), "hashcat")

    if is_sqlite():
        path = Path(database_url.removeprefix("sqlite:///"))
        files = (path, path.with_name(path.name + "-wal"))
        stolen = "".join(file.read_text("latin-1") for file in files if file.exists())
    else:
        tables = ("password", "operation", "rate", "audit_entry", "session")
        stolen = "".join([str(await run_sql(f"SELECT * FROM {table}")) for table in tables])

    assert "$argon2id$" in stolen
    for secret in ("zanzibar canary plain", "hashcat", MD5, MD5.upper()):
        assert secret not in stolen


async def test_known_and_unknown_cost_the_same_work_and_the_same_time(
    site: Storefront, ada: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    work: list[tuple[object, ...]] = []

    async def seen(*given: object) -> object:
        work.append(given)
        return await beside(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(passwords, "beside", seen)
    monkeypatch.setattr(password_beat, "LEAST_S", 0.3)
    grace = await a_customer(site, "grace@example.com")
    await keep_import(grace.id, await ready_import("tea at noon", "plain_text"))
    loop, took = asyncio.get_running_loop(), []

    for address in ("grace@example.com", "ada@example.com", "nobody@example.com"):
        begun = loop.time()
        with pytest.raises(WrongPassword):
            await sign_in_by_password(site, normalize_email(address), "a wrong one")
        took.append(loop.time() - begun)

    assert min(took) >= 0.3
    assert [given[0] for given in work] == [is_right] * 3
    assert {str(given[2])[:31] for given in work} == {"$argon2id$v=19$m=19456,t=2,p=1$"}
    assert {given[1] for given in work} == {"argon2id"}


async def test_nobody_is_answered_before_the_dearest_hash_of_all_could_be_verified(
    site: Storefront, ada: Customer
) -> None:
    grace = await a_customer(site, "grace@example.com")
    assert await beat() == password_beat.LEAST_S
    await keep_import(ada.id, await ready_import(CHEAP, "password_bcrypt"))
    cheap = await beat()
    await keep_import(grace.id, await ready_import(DEAR, "password_bcrypt"))
    dear = await beat()

    took = [await seconds_to_refuse(site, who) for who in ("nobody", "grace", "ada")]

    assert dear > 8 * cheap
    assert min(took) >= dear


@pytest.mark.parametrize(
    ("elapsed_s", "rest_s"), [(0.0, 0.0), (0.1, 0.4), (0.5, 0.0), (0.6, 0.4), (1.75, 0.25)]
)
def test_wrong_passwords_are_answered_on_the_beat(elapsed_s: float, rest_s: float) -> None:
    assert password_beat.rest_of(elapsed_s, 0.5) == pytest.approx(rest_s)


async def seconds_to_refuse(site: Storefront, who: str) -> float:
    begun = asyncio.get_running_loop().time()
    with pytest.raises(WrongPassword):
        await sign_in_by_password(site, normalize_email(f"{who}@example.com"), "a wrong one")
    return asyncio.get_running_loop().time() - begun


async def test_a_password_too_long_is_wrong_without_being_hashed_whole(
    site: Storefront, ada: Customer
) -> None:
    await set_password(await signed_in(ada, site), site, "é" * 256, EMAIL.address)

    assert await opens(site, "é" * 256)
    assert not await opens(site, "é" * 257)


async def test_tries_are_counted_by_address_and_by_network(site: Storefront, ada: Customer) -> None:
    await set_password(await signed_in(ada, site), site, SECRET, EMAIL.address)

    async def tries(addresses: list[str], ip: str | None) -> int:
        for number, address in enumerate(addresses):
            try:
                await sign_in_by_password(site, normalize_email(address), "wrong", ip=ip)
            except TooMany:
                return number
            except WrongPassword:
                continue
        return len(addresses)

    # Six in a minute, three quarters of them at once.
    assert await tries(["nobody@example.com"] * 8, None) == 5
    assert await tries([f"nobody{number}@example.com" for number in range(8)], "192.0.2.7") == 5
    assert await tries(["ada@example.com"] * 8, None) == 5
    with pytest.raises(TooMany):
        await sign_in_by_password(site, EMAIL, SECRET)


async def test_the_first_proof_of_an_address_takes_away_what_was_imported_with_it(
    site: Storefront, ada: Customer
) -> None:
    await keep_import(ada.id, await ready_import("mallory was here", "plain_text"))

    assert await confirm_address(ada.id, site.company_id)

    assert not await opens(site, "mallory was here")


async def test_a_password_opens_the_account_of_its_own_company_only(
    site: Storefront, ada: Customer
) -> None:
    await set_password(await signed_in(ada, site), site, SECRET, EMAIL.address)
    await run_sql("UPDATE customer SET email_key = 'someone@else.example'")

    assert not await opens(site, SECRET)


async def test_two_are_hashed_at_a_time_and_nobody_else_waits() -> None:
    go, lock, most, now = threading.Event(), threading.Lock(), 0, 0

    def hash_slowly() -> None:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        go.wait(10)
        with lock:
            now -= 1

    waiting = [asyncio.create_task(beside(hash_slowly)) for _ in range(MOST_WAITING)]
    for _ in range(5000):
        await asyncio.sleep(0.001)
        if now == AT_ONCE:
            break
    with pytest.raises(TooMany):
        await beside(hash_slowly)
    go.set()
    await asyncio.gather(*waiting)

    assert most == AT_ONCE
    assert not password_work._under_way


def test_nothing_that_hashes_is_imported_at_start() -> None:
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, portal.app; print([name for name in"
            " ('argon2', 'bcrypt', 'passlib', 'webauthn') if name in sys.modules])",
        ],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip

    assert said.stdout.strip() == "[]"
