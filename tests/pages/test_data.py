"""Everything we hold of somebody is theirs as one file, and nobody else's."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any
from zipfile import ZipFile

import httpx
import pytest

from portal import clock
from portal.database import run_sql
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.pages.signed_in import at_her_account
from tests.pages.signing_in import age_sessions
from tests.people import ADA, MALLORY


async def test_the_file_holds_what_we_hold_and_nothing_that_opens_the_account(
    shop: Shop, ada: Visitor
) -> None:
    customer = await at_her_account(ada, ADA | {"email_marketing": "on"}, plan="house")
    await run_sql(
        "UPDATE customer SET time_zone = {}, organisation = {}", "Europe/Berlin", "=Analytical"
    )

    answer = await ask(ada)

    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    day = f"{clock.now():%Y-%m-%d}"
    assert answer.headers["content-disposition"] == f'attachment; filename="my-data-{day}.zip"'
    tables, sheets = unpacked(answer)
    (told,) = tables["customer"]
    assert {name: told[name] for name in ("id", "email", "line1", "time_zone")} == {
        "id": customer, "email": ADA["email"], "line1": ADA["line1"], "time_zone": "Europe/Berlin",
    }  # fmt: skip
    assert told["organisation"] == "=Analytical"
    assert sheets["customer"][0]["organisation"] == "'=Analytical"
    assert tables["subscription"][0]["status"] == "incomplete"
    assert tables["invoice"][0]["total"] == 4900
    assert {"text_version", "at"} <= set(tables["consent"][0])
    actions = {entry["action"] for entry in tables["audit_entry"]}
    assert {"customer.signed_up", "customer.signed_in"} <= actions
    assert "send_sign_in" in {op["kind"] for op in tables["operation"]}
    assert set(sheets) == set(tables)
    for secret in await secrets():
        assert secret not in str(tables) + str(sheets), secret


async def test_without_stripe_the_file_says_what_it_lacks(shop: Shop, ada: Visitor) -> None:
    await at_her_account(ada, plan="reader")
    await shop.stripe.fault(match="GET /v1/invoices", fault="status", status=503)

    tables, sheets = unpacked(await ask(ada))

    assert "invoice" not in tables | sheets
    assert len(tables["customer"]) == 1


@ON_SQLITE
async def test_it_holds_nothing_of_another_customer(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await at_her_account(ada, plan="reader")
    theirs = await at_her_account(mallory, MALLORY, plan="reader")

    answer = await ask(mallory)

    tables, sheets = unpacked(answer)
    told = str(tables) + str(sheets)
    assert theirs in told
    assert not [word for word in ("Lovelace", ADA["email"], ADA["line1"]) if word in told]


@ON_SQLITE
async def test_a_sign_in_of_long_ago_is_asked_for_again(shop: Shop, ada: Visitor) -> None:
    await at_her_account(ada, plan="reader")
    await age_sessions(timedelta(minutes=61))

    page = await ada.open("/account/data")
    answer = await ask(ada)

    assert "We ask you to sign in again first." in page.text
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin")
    assert answer.content == b""


@ON_SQLITE
@pytest.mark.parametrize("how", ["stranger", "expired", "revoked", "forged"])
async def test_nobody_else_gets_it(shop: Shop, ada: Visitor, mallory: Visitor, how: str) -> None:
    await at_her_account(ada, plan="reader")
    page = await ada.open("/account/data")
    if how == "expired":
        await run_sql("UPDATE session SET seen_at = {}", clock.now() - timedelta(hours=25))
    elif how == "revoked":
        await run_sql("UPDATE session SET ended_at = {}", clock.now())

    if how == "stranger":
        typed = await mallory.fill("/signin", {})
        answer = await mallory.send("/account/data/download", {"token": typed["token"]})
    elif how == "forged":
        answer = await ada.send("/account/data/download", {"token": "1.x"})
    else:
        answer = await ada.press(page, "/account/data/download")

    assert answer.status_code == (403 if how == "forged" else 303)
    assert b"PK" not in answer.content[:2]


@ON_SQLITE
async def test_ten_an_hour_are_enough(shop: Shop, ada: Visitor) -> None:
    await at_her_account(ada, plan="reader")
    page = await ada.open("/account/data")

    answers = [await ada.press(page, "/account/data/download") for _ in range(11)]

    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert "You can go on in " in answers[-1].text
    assert "Download my data" in answers[-1].text
    assert 0 < int(answers[-1].headers["retry-after"]) <= 3600


async def ask(visitor: Visitor) -> httpx.Response:
    """Press the button."""
    return await visitor.press(await visitor.open("/account/data"), "/account/data/download")


def unpacked(
    answer: httpx.Response,
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[dict[str, str]]]]:
    """Return the tables as the JSON and as the sheets tell them."""
    assert answer.status_code == 200, answer.text
    with ZipFile(io.BytesIO(answer.content)) as file:
        assert file.testzip() is None
        told = json.loads(file.read("everything.json"))["tables"]
        sheets = {
            name.removesuffix(".csv"): list(
                csv.DictReader(io.StringIO(file.read(name).decode("utf-8-sig"), newline=""))
            )
            for name in file.namelist()
            if name.endswith(".csv")
        }
    return told, sheets


async def secrets() -> list[str]:
    """Return what checks the ways into the account."""
    sessions = await run_sql("SELECT id FROM session")
    asked = await run_sql("SELECT token_hash, browser_hash FROM sign_in_request")
    flows = await run_sql("SELECT browser_hash FROM flow")
    found = [value for row in (*sessions, *asked, *flows) for value in row.values()]
    assert len(found) > 3
    return found
