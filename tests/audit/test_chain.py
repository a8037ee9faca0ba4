"""What was changed, taken out or put into the audit trail is named."""

from __future__ import annotations

import pytest

from portal.audit import chain, seal, verify
from portal.audit.seal import seal_entries
from portal.database import run_sql
from portal.settings import configure
from tests.audit.trail import ROWS, Named, found, named_after, named_after_sql, written
from tests.conftest import SECRET
from tests.databases import ON_SQLITE

HERE = "company = 'comp_1' AND number"
_GAP = "DELETE FROM audit_entry WHERE company = 'comp_1' AND number = 57"
_UP = f"UPDATE audit_entry SET number = -number WHERE {HERE} > 56"
_ONE_BACK = f"UPDATE audit_entry SET number = -number - 1 WHERE {HERE} < 0"
_ONE_ON = f"UPDATE audit_entry SET number = 1 - number WHERE {HERE} < 0"
_PUT_IN = (
    "INSERT INTO audit_entry (company, actor, action, object_id, fields, request_id, at, number,"
    " hash) SELECT company, actor, action, object_id, fields, request_id, at, {}, {} FROM"
    " audit_entry WHERE company = 'comp_1' AND number = 56"
)
_PUT_THERE = _PUT_IN.format("57", "hash")
_SWAP = (
    f"UPDATE audit_entry SET number = -number WHERE {HERE} IN (57, 58)",
    f"UPDATE audit_entry SET number = 115 + number WHERE {HERE} < 0",
)

CHANGES = {
    "actor": "actor = 'worker'",
    "action": "action = 'customer.signed_in'",
    "object": "object_id = 'cust_0'",
    "fields": "fields = '[\"city\"]'",
    "request": "request_id = 'req_0'",
    "time": "at = '2026-01-01 00:00:00+00:00'",
    "hash": "hash = 'f00'",
    "no hash": "hash = NULL",
}
ATTACKS: dict[str, tuple[tuple[str, ...], Named]] = {
    **{
        f"changed: {what}": (
            (f"UPDATE audit_entry SET {how} WHERE {HERE} = 57",),
            ("changed", 57, 57),
        )
        for what, how in CHANGES.items()
    },
    "changed: the last": (
        (f"UPDATE audit_entry SET actor = 'worker' WHERE {HERE} = 300",),
        ("changed", 300, 300),
    ),
    # Number 58 stands before what it follows.
    "swapped": (_SWAP, ("inserted", 57, 57)),
    "swapped in what they say": (
        (f"UPDATE audit_entry SET object_id = 'cust_' || (114 - number) WHERE {HERE} IN (57, 58)",),
        ("changed", 57, 57),
    ),
    "deleted": ((_GAP,), ("missing", 57, 57)),
    "deleted: the first": ((f"DELETE FROM audit_entry WHERE {HERE} = 1",), ("missing", 1, 1)),
    "deleted: several": (
        (f"DELETE FROM audit_entry WHERE {HERE} BETWEEN 57 AND 157",),
        ("missing", 57, 157),
    ),
    "deleted, and its place closed": ((_GAP, _UP, _ONE_BACK), ("changed", 57, 57)),
    "moved to another company": (
        (f"UPDATE audit_entry SET company = 'comp_3' WHERE {HERE} = 57",),
        ("missing", 57, 57),
    ),
    "to be sealed anew": (
        (f"UPDATE audit_entry SET number = NULL, hash = NULL WHERE {HERE} = 57",),
        ("missing", 57, 57),
    ),
    "inserted between": ((_UP, _ONE_ON, _PUT_THERE), ("inserted", 57, 57)),
    "inserted before all": ((_PUT_IN.format("-5", "hash"),), ("inserted", -5, -5)),
    "inserted twice": (
        ("DROP INDEX audit_entry_chain", _PUT_IN.format("number", "hash")),
        ("inserted", 56, 56),
    ),
}


async def test_whatever_is_done_to_a_row_names_it(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "PAGE", 100)
    monkeypatch.setattr(seal, "BATCH", 90)
    await written(3, "comp_2")
    await written()
    await seal_entries()

    whole = await found()
    seen = {how: await named_after_sql(statements) for how, (statements, _) in ATTACKS.items()}

    assert (whole.count, whole.waiting, whole.fault) == (ROWS, 0, None)
    assert seen == {how: named for how, (_, named) in ATTACKS.items()}
    assert await found() == whole
    others = await found("comp_2")
    assert (others.count, others.fault) == (3, None)


@ON_SQLITE
async def test_without_the_chain_a_deletion_goes_unnoticed(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: hashes of the rows alone."""
    hash_of = chain.hash_of
    for module in (chain, seal):
        monkeypatch.setattr(module, "hash_of", lambda entry, _: hash_of(entry, ""))
    await written()
    await seal_entries()

    assert await named_after_sql((_GAP, _UP, _ONE_BACK)) is None


@ON_SQLITE
async def test_who_has_the_database_alone_cannot_write_the_chain_anew(database: str) -> None:
    await written()
    await seal_entries()

    async def written_anew_from_57(secret: str) -> None:
        await run_sql(f"UPDATE audit_entry SET actor = 'worker' WHERE {HERE} = 57")
        await run_sql(f"UPDATE audit_entry SET number = NULL WHERE {HERE} > 56")
        configure(secret=secret)
        await seal._seal_batch()

    async def forged() -> None:
        await written_anew_from_57("a secret that somebody made up, 32 characters")
        configure(secret=SECRET)

    assert await named_after(forged) == ("changed", 57, 57)
    # The control, and what no chain protects from: who has the secret, too, can.
    assert await named_after(lambda: written_anew_from_57(SECRET)) is None
