"""Seal what was written into the audit trail, in the order in which it is seen.

Not in the transactions that write it: these would wait for each other at the end of the chain.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

from portal.audit.chain import START, Entry, columns, hash_of
from portal.database import is_sqlite, run_sql, transaction

BATCH = 500
_BATCHES_AT_ONCE = 4
_ADVISORY_LOCK = 7_703_265_312
_UNSEALED = "FROM audit_entry WHERE number IS NULL"
# A batch is one parameter, so that statements of all sizes are one.
_ON_SQLITE = """SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS number,
 json_extract(value, '$[2]') AS hash FROM json_each({})"""
_ON_POSTGRES = """SELECT (value ->> 0)::bigint AS id, (value ->> 1)::bigint AS number,
 value ->> 2 AS hash FROM jsonb_array_elements({}::jsonb)"""
_SEAL = """WITH sealed AS ({}) UPDATE audit_entry SET number = sealed.number, hash = sealed.hash
 FROM sealed WHERE audit_entry.id = sealed.id AND audit_entry.number IS NULL"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest end of a company's chain."""

    number: int
    hash: str


async def seal_entries(known: dict[str, Head] | None = None) -> None:
    """Seal what is committed; where another process does so at this moment, leave it to that one.

    The new heads go to the log, which is kept elsewhere: what they name cannot be cut off unseen.
    `known` are the newest heads that this process has seen, by company, kept from call to call:
    should one not be there any more, the log says so at once.
    """
    known = {} if known is None else known
    for _ in range(_BATCHES_AT_ONCE):
        if not await run_sql(f"SELECT 1 AS one {_UNSEALED} LIMIT 1"):
            return
        async with transaction():
            sealed, heads = await _seal_batch() if await _is_alone() else (0, {})
            gone = [(one, known[one]) for one in heads if not await _is_there(one, known.get(one))]
        known |= heads
        for company, head in gone:
            log.error("audit.cut_off company=%s number=%d head=%s", company, head.number, head.hash)
        for company, head in heads.items():
            log.info("audit.sealed company=%s number=%d head=%s", company, head.number, head.hash)
        if sealed < BATCH:
            return


async def _is_alone() -> bool:
    """Keep others from sealing until this transaction ends; SQLite has one writer anyway."""
    if is_sqlite():
        return True
    (told,) = await run_sql("SELECT pg_try_advisory_xact_lock({}) AS is_ours", _ADVISORY_LOCK)
    return bool(told["is_ours"])


async def _seal_batch() -> tuple[int, dict[str, Head]]:
    entries = await run_sql(f"SELECT {columns()} {_UNSEALED} ORDER BY id LIMIT {{}}", BATCH)
    heads: dict[str, Head] = {}
    sealed: list[tuple[int, int, str]] = []
    for entry in entries:
        company = entry["company"]
        before = heads.get(company) or await _head_of(company)
        heads[company] = _next(before, entry)
        sealed.append((entry["id"], heads[company].number, heads[company].hash))
    await run_sql(_SEAL.format(_ON_SQLITE if is_sqlite() else _ON_POSTGRES), json.dumps(sealed))
    return len(entries), heads


async def _is_there(company: str, head: Head | None) -> bool:
    return head is None or bool(
        await run_sql(
            "SELECT 1 AS one FROM audit_entry WHERE company = {} AND number = {} AND hash = {}",
            *(company, head.number, head.hash),
        )
    )


def _next(before: Head, entry: Entry) -> Head:
    return Head(before.number + 1, hash_of(entry, before.hash))


async def _head_of(company: str) -> Head:
    rows = await run_sql(
        "SELECT number, hash FROM audit_entry WHERE company = {} AND number IS NOT NULL"
        " ORDER BY number DESC LIMIT 1",
        company,
    )
    return Head(rows[0]["number"], rows[0]["hash"]) if rows else Head(0, START)
