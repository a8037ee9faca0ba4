"""Keys of programs: made, found, revoked. A key's text is told once; we keep what verifies it."""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal import clock
from portal.access.key_text import PUBLISHABLE, SECRET, KeyText, new_text, read_text
from portal.audit.record import record
from portal.database import is_sqlite, run_sql, transaction
from portal.errors import DatabaseBusy, NotFound, PortalError
from portal.ids import new_id
from portal.sealing import sign

SCOPES = (
    *("customers:read", "customers:write", "customers:import", "customers:erase"),
    *("subscriptions:read", "subscriptions:write", "trials:override", "plans:read"),
    *("portal:create", "usage:write", "webhooks:read", "webhooks:write"),
)
"""What secret keys may do. Publishable ones may carry the widget, and nothing else."""
WIDGET = "widget"
MOST_LIVE = 2
"""Of one company, kind and label: the one in use, and the one that takes its place."""
PER_MINUTE = 600
_PURPOSE = "api key"
_USED_TO_THE = timedelta(minutes=1)


class TooManyKeys(PortalError):
    """Two keys of this kind and label are live."""

    status = 409
    code = "too_many_keys"
    sentence = "Two keys of that label are live: revoke one of them first, or give another label."


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever a live key belongs to, and what it may do. sites: () stands for all of them."""

    key_id: str
    company: str
    kind: str
    scopes: frozenset[str]
    sites: tuple[str, ...]
    livemode: bool
    per_minute: int


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made, with its text, which nobody can tell again."""

    id: str
    text: str


async def create_key(
    company: str,
    *,
    kind: str = SECRET,
    scopes: Collection[str] = SCOPES,
    sites: Collection[str] = (),
    label: str = "",
    expires_at: datetime | None = None,
    per_minute: int = PER_MINUTE,
    created_by: str = "cli",
) -> NewKey:
    """Make a key for programs of a company; its mode is the company's.

    Raises:
        TooManyKeys: two of this kind and label are live.
    """
    may = [WIDGET] if kind == PUBLISHABLE else sorted(scopes)
    async with transaction():
        held = "" if is_sqlite() else " FOR UPDATE"
        (seller,) = await run_sql(f"SELECT livemode FROM company WHERE id = {{}}{held}", company)  # noqa: S608
        if len(await _live(company, kind, label)) >= MOST_LIVE:
            raise TooManyKeys
        text, key_id = new_text(livemode=bool(seller["livemode"]), kind=kind), new_id("key")
        await run_sql(
            "INSERT INTO api_key (id, company, public_id, kind, livemode, secret_mac, scopes,"
            " sites, label, per_minute, created_by, created_at, expires_at)"
            " VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})",
            *(key_id, company, text.public_id, kind, text.livemode, _mac(text)),
            *(json.dumps(may), json.dumps(list(sites)), label, per_minute, created_by),
            *(clock.now(), expires_at),
        )
        await record("api_key.created", company=company, actor=created_by, object_id=key_id)
    return NewKey(key_id, str(text))


async def find_key(text: str) -> Caller | None:
    """Return whose key this is; None unless it is live. What cannot be a key asks no database."""
    read = read_text(text)
    if read is None:
        return None
    rows = await run_sql(
        "SELECT api_key.*, company.livemode AS seller_is_live FROM api_key"
        " JOIN company ON company.id = api_key.company WHERE public_id = {}",
        read.public_id,
    )
    row = rows[0] if rows else None
    # Compared for whoever is unknown too, so that the time tells nothing.
    is_theirs = hmac.compare_digest(_mac(read), row["secret_mac"] if row else "")
    if row is None or not is_theirs or not _is_live(row, read):
        return None
    await _note_used(row)
    return Caller(
        key_id=row["id"],
        company=row["company"],
        kind=row["kind"],
        scopes=frozenset(json.loads(row["scopes"])),
        sites=tuple(json.loads(row["sites"])),
        livemode=bool(row["livemode"]),
        per_minute=row["per_minute"],
    )


async def revoke_key(key_id: str, *, actor: str = "cli") -> None:
    """End a key at once. Safe to repeat.

    Raises:
        NotFound: there is none of this id.
    """
    async with transaction():
        rows = await run_sql("SELECT company, revoked_at FROM api_key WHERE id = {}", key_id)
        if not rows:
            raise NotFound(f"There is no key {key_id}.")
        if rows[0]["revoked_at"] is None:
            await run_sql("UPDATE api_key SET revoked_at = {} WHERE id = {}", clock.now(), key_id)
            company = rows[0]["company"]
            await record("api_key.revoked", company=company, actor=actor, object_id=key_id)


async def list_keys(company: str) -> Sequence[Mapping[str, Any]]:
    """Return what may be told of a company's keys, the oldest first."""
    return await run_sql(
        "SELECT id, public_id, kind, livemode, scopes, sites, label, per_minute, created_by,"
        " created_at, expires_at, last_used_at, revoked_at FROM api_key"
        " WHERE company = {} ORDER BY id",
        company,
    )


async def _live(company: str, kind: str, label: str) -> Sequence[Mapping[str, Any]]:
    return await run_sql(
        "SELECT id FROM api_key WHERE company = {} AND kind = {} AND label = {}"
        " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > {})",
        *(company, kind, label, clock.now()),
    )


async def _note_used(row: Mapping[str, Any]) -> None:
    """Keep when a key was used, to the minute: hardly ever does a request write for it."""
    now, last = clock.now(), row["last_used_at"]
    if last is not None and abs(now - last) < _USED_TO_THE:
        return
    with suppress(DatabaseBusy):
        await run_sql("UPDATE api_key SET last_used_at = {} WHERE id = {}", now, row["id"])


def _is_live(row: Mapping[str, Any], text: KeyText) -> bool:
    """Tell whether a row still stands for its key, in the mode that the company is in."""
    is_over = row["expires_at"] is not None and row["expires_at"] <= clock.now()
    same = (row["kind"], bool(row["livemode"])) == (text.kind, text.livemode)
    in_mode = bool(row["seller_is_live"]) == text.livemode
    return row["revoked_at"] is None and not is_over and same and in_mode


def _mac(text: KeyText) -> str:
    return sign(f"{text.public_id} {text.secret}", _PURPOSE)
