from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from portal.access.links import request_sign_in
from portal.access.sessions import (
    IDLE,
    LONGEST,
    end_all,
    end_session,
    find_session,
    is_recent,
    open_session,
)
from portal.access.tables import Session, SignInRequest
from portal.access.tokens import code_of, token_of
from portal.customers.email import normalize_email
from portal.customers.tables import Customer
from portal.database import is_sqlite, run_sql
from portal.sealing import fingerprint
from portal.settings import configure
from portal.sites.storefront import Storefront
from tests.access.conftest import a_customer, use_link

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


async def test_the_cookie_says_who_is_signed_in(site: Storefront, ada: Customer) -> None:
    cookie = await open_session(ada.id, site.id)

    signed_in = await find_session(cookie)

    assert signed_in
    assert (signed_in.customer, signed_in.company, signed_in.site) == (ada.id, "comp_1", "site_1")


async def test_a_planted_value_does_not_survive_the_sign_in(
    site: Storefront, ada: Customer
) -> None:
    mallory = await a_customer(site, "mallory@example.com")
    planted = await open_session(mallory.id, site.id)

    cookie = await open_session(ada.id, site.id, replacing=planted)

    assert cookie != planted
    assert await find_session(planted) is None
    assert (await find_session(cookie)) is not None


async def test_a_made_up_value_is_never_adopted(site: Storefront, ada: Customer) -> None:
    made_up = "A" * 43

    cookie = await open_session(ada.id, site.id, replacing=made_up)

    assert cookie != made_up
    assert await find_session(made_up) is None


@pytest.mark.parametrize("value", ["", "short", "ä" * 43, "\udcff", "x" * 10_000, "' OR 1=1 --"])
async def test_what_we_did_not_make_is_nobody(database: str, value: str) -> None:
    assert await find_session(value) is None


async def test_what_is_stored_does_not_open_the_session(site: Storefront, ada: Customer) -> None:
    cookie = await open_session(ada.id, site.id)
    [row] = await Session.select()

    assert row["id"] == fingerprint(cookie)
    assert await find_session(row["id"]) is None
    assert await find_session(row["id"][:43]) is None


async def test_a_stolen_database_holds_no_token_code_or_cookie(
    site: Storefront, database_url: str
) -> None:
    secrets: list[str] = []
    for number in range(200):
        email = normalize_email(f"person{number}@example.com")
        customer = await a_customer(site, email.address)
        await request_sign_in(site, email, customer=customer, browser_hash=f"b{number}")
        secrets.append(await open_session(customer.id, site.id))
    requests = await SignInRequest.select()
    secrets += [token_of(row["id"]) for row in requests]
    codes = [code_of(row["id"], row["browser_hash"]) for row in requests]
    assert (len(secrets), len(codes)) == (400, 200)

    stolen = await _everything_stored(database_url)

    assert fingerprint(secrets[0]) in stolen
    assert [secret for secret in secrets if secret in stolen] == []
    assert sum(f'"{code}"' in stolen or f" {code} " in stolen for code in codes) == 0


async def test_a_token_of_another_secret_is_worth_nothing(site: Storefront, ada: Customer) -> None:
    await request_sign_in(site, normalize_email("ada@example.com"), customer=ada, browser_hash="b1")
    [row] = await SignInRequest.select()
    right = token_of(row["id"])
    configure(secret="the guess of somebody who has the database only")
    guessed = token_of(row["id"])

    assert guessed != right
    assert (await use_link(right, "b1")).customer == ada.id


async def test_a_session_ends_after_a_day_without_a_visit(site: Storefront, ada: Customer) -> None:
    with time_machine.travel(NOON, tick=False):
        kept, left = await open_session(ada.id, site.id), await open_session(ada.id, site.id)
    with time_machine.travel(NOON + IDLE - MOMENT, tick=False):
        assert await find_session(kept)
    with time_machine.travel(NOON + IDLE, tick=False):
        assert await find_session(kept)
        assert await find_session(left) is None


async def test_a_session_ends_after_thirty_days_whatever_the_visits(
    site: Storefront, ada: Customer
) -> None:
    with time_machine.travel(NOON, tick=False):
        cookie = await open_session(ada.id, site.id)
    for visit in range(1, 36):
        with time_machine.travel(NOON + visit * timedelta(hours=20), tick=False):
            assert await find_session(cookie)
    with time_machine.travel(NOON + LONGEST - MOMENT, tick=False):
        assert await find_session(cookie)
    with time_machine.travel(NOON + LONGEST, tick=False):
        assert await find_session(cookie) is None


async def test_a_visit_is_noted_once_a_minute(site: Storefront, ada: Customer) -> None:
    noted = set()
    with time_machine.travel(NOON, tick=False):
        cookie = await open_session(ada.id, site.id)
    for second in range(0, 180, 20):
        with time_machine.travel(NOON + timedelta(seconds=second), tick=False):
            await find_session(cookie)
        [row] = await Session.select()
        noted.add(row["seen_at"])

    assert noted == {NOON, NOON + timedelta(minutes=1), NOON + timedelta(minutes=2)}


async def test_a_sign_in_is_recent_for_an_hour(site: Storefront, ada: Customer) -> None:
    with time_machine.travel(NOON, tick=False):
        cookie = await open_session(ada.id, site.id)
    with time_machine.travel(NOON + timedelta(hours=1) - MOMENT, tick=False):
        session = await find_session(cookie)
        assert session
        assert is_recent(session)
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        assert not is_recent(session)


async def test_signing_out_ends_this_browser_only(site: Storefront, ada: Customer) -> None:
    laptop, phone = await open_session(ada.id, site.id), await open_session(ada.id, site.id)

    await end_session(laptop)

    assert await find_session(laptop) is None
    assert await find_session(phone)


async def test_ada_ends_her_sessions_and_mallory_cannot(site: Storefront, ada: Customer) -> None:
    mallory = await a_customer(site, "mallory@example.com")
    laptop, phone = await open_session(ada.id, site.id), await open_session(ada.id, site.id)

    await end_all(mallory.id)
    assert await find_session(laptop)

    await end_all(ada.id)
    assert await find_session(laptop) is None
    assert await find_session(phone) is None


async def test_a_session_of_an_erased_customer_is_nobody(site: Storefront, ada: Customer) -> None:
    cookie = await open_session(ada.id, site.id)
    await run_sql("DELETE FROM customer")

    assert await find_session(cookie) is None


async def _everything_stored(database_url: str) -> str:
    if is_sqlite():
        path = Path(database_url.removeprefix("sqlite:///"))
        files = (path, path.with_name(path.name + "-wal"))
        return "".join(file.read_text("latin-1") for file in files if file.exists())
    tables = ("sign_in_request", "session", "operation", "rate", "audit_entry", "customer")
    return "".join([str(await run_sql(f"SELECT * FROM {table}")) for table in tables])
