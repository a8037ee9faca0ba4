"""Keys of programs: found while they live, and never told again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock
from portal.access.key_text import read_text
from portal.access.keys import TooManyKeys, create_key, find_key, list_keys, revoke_key
from portal.database import run_sql
from portal.errors import NotFound
from portal.sites.storefront import Storefront


async def test_a_key_is_found_by_its_text_alone(site: Storefront) -> None:
    made = await create_key("comp_1", scopes=["customers:read"], label="crm")

    caller = await find_key(made.text)

    assert caller is not None
    assert (caller.key_id, caller.company, caller.scopes) == (
        made.id,
        "comp_1",
        frozenset(["customers:read"]),
    )
    read = read_text(made.text)
    assert read is not None
    (row,) = await run_sql("SELECT * FROM api_key")
    assert read.secret not in str(row)
    assert row["last_used_at"] is not None
    assert read.secret not in str(await list_keys("comp_1"))


async def test_a_publishable_key_carries_the_widget_and_nothing_else(site: Storefront) -> None:
    made = await create_key("comp_1", kind="pk", scopes=["customers:read"])

    caller = await find_key(made.text)

    assert caller is not None
    assert (caller.kind, caller.scopes) == ("pk", frozenset(["widget"]))


@pytest.mark.parametrize("how", ["revoked", "expired", "other mode", "other secret"])
async def test_a_key_that_does_not_live_is_nobodys(site: Storefront, how: str) -> None:
    made = await create_key("comp_1", expires_at=clock.now() + timedelta(days=1))
    assert await find_key(made.text)

    if how == "revoked":
        await revoke_key(made.id)
        await revoke_key(made.id)
    elif how == "expired":
        await run_sql("UPDATE api_key SET expires_at = {}", clock.now())
    elif how == "other mode":
        await run_sql("UPDATE company SET livemode = {}", True)
    else:
        other = await create_key("comp_1")
        await run_sql("UPDATE api_key SET secret_mac = 'x' WHERE id <> {}", other.id)

    assert await find_key(made.text) is None


async def test_two_of_a_label_live_so_that_one_takes_the_others_place(site: Storefront) -> None:
    first = await create_key("comp_1", label="crm")
    await create_key("comp_1", label="crm")
    with pytest.raises(TooManyKeys):
        await create_key("comp_1", label="crm")

    await revoke_key(first.id)

    await create_key("comp_1", label="crm")
    await create_key("comp_1", label="shop")
    with pytest.raises(NotFound):
        await revoke_key("key_of_nobody")
