"""A form filled in so far: one browser's at one site, sealed, for seven days."""

from __future__ import annotations

from datetime import timedelta

from portal import clock
from portal.access.drafts import find_draft, forget_draft, save_draft
from portal.access.tables import Draft
from portal.settings import configure

ADA, MALLORY = "a" * 64, "m" * 64


async def test_what_was_said_last_is_kept_in_one_row(database: str) -> None:
    await save_draft(ADA, "site_1", {"email": "ada@lovelace.example"})
    await save_draft(ADA, "site_1", {"email": "augusta@lovelace.example"})

    assert await find_draft(ADA, "site_1") == {"email": "augusta@lovelace.example"}
    (row,) = await Draft.select()
    assert "augusta" not in "".join(map(str, row.values()))
    assert ADA not in row.values()


async def test_it_is_nobody_else_s_and_of_no_other_site(database: str) -> None:
    await save_draft(ADA, "site_1", {"email": "ada@lovelace.example"})

    await forget_draft(MALLORY, "site_1")
    await forget_draft(ADA, "site_2")

    assert await find_draft(MALLORY, "site_1") == {}
    assert await find_draft(ADA, "site_2") == {}
    assert await find_draft(ADA, "site_1")
    await forget_draft(ADA, "site_1")
    assert await find_draft(ADA, "site_1") == {}


async def test_after_seven_days_it_is_found_no_more(database: str) -> None:
    await save_draft(ADA, "site_1", {"email": "ada@lovelace.example"})
    await Draft.update({Draft.saved_at: clock.now() - timedelta(days=7)}, force=True)

    assert await find_draft(ADA, "site_1") == {}


async def test_with_another_secret_it_is_as_if_nothing_was_said(database: str) -> None:
    await save_draft(ADA, "site_1", {"email": "ada@lovelace.example"})

    configure(secret="another secret of at least 32 characters")

    assert await find_draft(ADA, "site_1") == {}
