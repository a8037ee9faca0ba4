"""Every page of a customer's own details: for them alone, signed in now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal import clock
from portal.database import run_sql
from portal.sites.tables import Company
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.pages.shelves import change_site
from tests.pages.signing_in import customer_at
from tests.people import ADA, MALLORY

PAGES = (
    *("/account/details", "/account/shipping", "/account/tax-ids", "/account/email"),
    "/account/preferences",
)
CHANGES: dict[str, dict[str, str]] = {
    "/account/details": ADA | {"city": "Trudyville"},
    "/account/shipping": ADA | {"recipient": "Trudy"},
    "/account/tax-ids": {"country": "GB", "tax_id": "GB110305878"},
    "/account/email": {"email": "trudy@trudy.example"},
    "/account/email/billing": {"billing_email": "trudy@trudy.example"},
    "/account/preferences": {"locale": "en", "time_zone": "Asia/Tokyo", "email_marketing": "on"},
}


async def everything() -> list[dict[str, Any]]:
    """Read what a change would change."""
    tables = ["customer", "shipping_address", "consent", "email_change", "operation"]
    tables += ["audit_entry", "customer_tax_id"]
    return [dict(row) for table in tables for row in await run_sql(f"SELECT * FROM {table}")]


@ON_SQLITE
@pytest.mark.parametrize("state", ["stranger", "idle", "old", "ended", "other company"])
async def test_nobody_else_sees_or_changes_anything(
    shop: Shop, ada: Visitor, mallory: Visitor, state: str
) -> None:
    await customer_at(ada)
    token = (await ada.fill("/account/details", {}))["token"]
    await shop.worker.stop()
    now = clock.now()
    match state:
        case "stranger":
            ada.http.cookies.delete("session")
        case "idle":
            await run_sql("UPDATE session SET seen_at = {}", now - timedelta(hours=25))
        case "old":
            await run_sql("UPDATE session SET signed_in_at = {}", now - timedelta(days=31))
        case "ended":
            await run_sql("UPDATE session SET ended_at = {}", now)
        case _:
            await Company.insert(Company(id="comp_2", key="trudy", name="Trudy", created_at=now))
            await change_site(shop, company="comp_2")
    before = await everything()

    answers = [await ada.open(path) for path in PAGES]
    answers += [await ada.send(path, typed | {"token": token}) for path, typed in CHANGES.items()]
    for path in ("/account/shipping/remove", "/account/tax-ids/remove"):
        answers.append(await ada.send(path, {"token": token}))

    assert {answer.headers.get("location") for answer in answers} == {"/signin"}
    assert "Lovelace" not in "".join(answer.text for answer in answers)
    assert await everything() == before


@ON_SQLITE
async def test_another_customer_sees_and_changes_only_their_own(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await customer_at(ada)
    await customer_at(mallory, MALLORY)
    (hers,) = await run_sql("SELECT * FROM customer WHERE email = {}", ADA["email"])

    token = (await mallory.fill("/account/details", {}))["token"]

    pages = [await mallory.open(path) for path in PAGES]
    for path, typed in CHANGES.items():
        named = {"customer": hers["id"], "id": hers["id"], "token": token}
        await mallory.send(path, typed | named)

    assert all("Lovelace" not in page.text for page in pages)
    assert list(await run_sql("SELECT * FROM customer WHERE email = {}", ADA["email"])) == [hers]


@ON_SQLITE
async def test_a_form_that_is_not_ours_changes_nothing_and_keeps_what_was_typed(
    shop: Shop, ada: Visitor
) -> None:
    await customer_at(ada)

    for path, typed in CHANGES.items():
        page = await ada.send(path, typed | {"token": "1.x"})
        assert page.status_code == 403, path
        assert "This page was open for too long" in page.text
        foreign = {"sec-fetch-site": "cross-site"}
        assert (await ada.send(path, typed, headers=foreign)).status_code == 403
    (row,) = await run_sql("SELECT city FROM customer")
    assert row["city"] == ADA["city"]
