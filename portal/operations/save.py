"""Write down what came of an operation.

Every change is guarded by the state and the lease, a result by its key instead: False means that
somebody else holds the operation by now, or ended it, and there is nothing more to do or say.
"""

# ruff: noqa: S608
# What is put together into SQL here are constants of ours.

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal import clock
from portal.database import is_sqlite, run_sql
from portal.operations.step import Claimed

_OURS = " WHERE id = {} AND lease_token = {} AND state = 'ready' RETURNING id"
_SAME_KEY = " WHERE id = {} AND generation = {} AND state = 'ready'"
_STILL_OURS = " AND lease_token = {} AND lease_until >= {}"
_LET_GO = "lease_token = NULL, lease_until = NULL"


async def finish(op: Claimed, result_id: str | None, *, only_looked: bool = False) -> bool:
    """Mark it done, in the transaction that writes its result.

    A result is true of its key, whoever holds the lease by now: they can only get the same one.
    What somebody only looked at is true of its moment: that is kept while their lease lasts.
    Its parameters are forgotten, and what was said of its earlier tries: that may quote them.
    """
    now = clock.now()
    rows = await run_sql(
        "UPDATE operation SET state = 'done', params = {}, result_id = {}, done_at = {},"
        f" error_text = '', {_LET_GO}{_SAME_KEY}{_STILL_OURS if only_looked else ''} RETURNING id",
        *("{}", result_id, now, op.id, op.generation),
        *((op.lease_token, now) if only_looked else ()),
    )
    return bool(rows)


async def postpone(op: Claimed, until: datetime, code: str, text: str) -> bool:
    """Try again at that time, under the same key."""
    return await _change(
        op, f"next_at = {{}}, error_code = {{}}, error_text = {{}}, {_LET_GO}", until, code, text
    )


async def put_off(op: Claimed, until: datetime) -> bool:
    """Try again at that time, of what was not begun: what failed before it stays told."""
    return await _change(op, f"next_at = {{}}, {_LET_GO}", until)


async def renew(
    op: Claimed, at: datetime, code: str, text: str, params: Mapping[str, Any] | None = None
) -> bool:
    """Go on at that time under a new key, with other parameters if given: mended, nothing failed.

    Only after a definite end of the former try: two keys in flight could make two of it.
    """
    return await _change(
        op,
        "generation = generation + 1, first_sent_at = NULL, next_at = {}, error_code = {},"
        f" error_text = {{}}, params = COALESCE({{}}, params), {_LET_GO}",
        *(at, code if params is None else "", text),
        None if params is None else json.dumps(params),
    )


async def refuse(op: Claimed, code: str, text: str) -> bool:
    """Wait until somebody mends it; meanwhile nothing else of its lane runs."""
    return await _end(op, "refused", code, text)


async def fail(op: Claimed, code: str, text: str) -> bool:
    """Give it up; its lane goes on."""
    return await _end(op, "failed", code, text)


async def forget_name(op: Claimed) -> bool:
    """Let it be owed once more by its name, since nothing came of this one."""
    return await _change(op, "once = NULL")


async def hold(op: Claimed) -> bool:
    """Take the row itself, so that nobody else changes it before this transaction ends."""
    return await _change(op, "lease_token = lease_token")


async def hold_all_of(customer: str) -> None:
    """Take every operation of a customer, before their own row, as the worker does.

    It ends one and takes the next of its lane: the lowest comes first.
    """
    if not is_sqlite():
        sql = "SELECT id FROM operation WHERE customer = {} ORDER BY id FOR UPDATE"
        await run_sql(sql, customer)


async def release(op: Claimed) -> bool:
    """Give the lease back unused, so that another worker need not wait for its end."""
    return await _change(op, _LET_GO)


async def abandon(operation_id: int) -> bool:
    """Give a refused operation up for another that takes its place; its lane goes on."""
    rows = await run_sql(
        "UPDATE operation SET state = 'failed', once = NULL, done_at = {}"
        " WHERE id = {} AND state = 'refused' RETURNING id",
        *(clock.now(), operation_id),
    )
    return bool(rows)


async def reopen(operation_id: int, params: Mapping[str, Any]) -> bool:
    """Send a refused operation once more, mended: other parameters, and so another key."""
    rows = await run_sql(
        "UPDATE operation SET state = 'ready', generation = generation + 1, first_sent_at = NULL,"
        " attempts = 0, created_at = {}, next_at = {}, done_at = NULL, params = {},"
        " error_code = '', error_text = ''"
        " WHERE id = {} AND state = 'refused' RETURNING id",
        *(clock.now(), clock.now(), json.dumps(params), operation_id),
    )
    return bool(rows)


async def replace_params(operation_id: int, params: Mapping[str, Any]) -> bool:
    """Change what an operation will do, as long as it was never sent."""
    rows = await run_sql(
        "UPDATE operation SET params = {} WHERE id = {} AND state = 'ready'"
        " AND first_sent_at IS NULL AND generation = 1 RETURNING id",
        *(json.dumps(params), operation_id),
    )
    return bool(rows)


async def fill(lane: str, kind: str, name: str, value: str) -> None:
    """Put in what was left open (null) in the parameters of an operation that waits in this lane.

    For what only an earlier result can give: stored before it is sent, and frozen from then on.
    """
    await run_sql(
        "UPDATE operation SET params = REPLACE(params, {}, {})"
        " WHERE lane = {} AND kind = {} AND state = 'ready'",
        *(f"{json.dumps(name)}: null", f"{json.dumps(name)}: {json.dumps(value)}", lane, kind),
    )


async def pause_company(company: str, reason: str) -> bool:
    """Hold everything this company has at Stripe; True for the first to say so."""
    rows = await run_sql(
        "INSERT INTO pause (company, reason, since) VALUES ({}, {}, {})"
        " ON CONFLICT (company) DO NOTHING RETURNING company",
        *(company, reason, clock.now()),
    )
    return bool(rows)


async def resume_company(company: str) -> None:
    """Go on with this company's operations; `wake()` after the commit."""
    await run_sql("DELETE FROM pause WHERE company = {}", company)


async def _end(op: Claimed, state: str, code: str, text: str) -> bool:
    return await _change(
        op,
        f"state = {{}}, error_code = {{}}, error_text = {{}}, done_at = {{}}, {_LET_GO}",
        *(state, code, text, clock.now()),
    )


async def _change(op: Claimed, what: str, *values: Any) -> bool:
    sql = f"UPDATE operation SET {what}{_OURS}"
    rows = await run_sql(sql, *values, op.id, op.lease_token)
    return bool(rows)
