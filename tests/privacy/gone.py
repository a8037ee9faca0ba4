"""Somebody who is to be erased, and every place where something of them could be found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from portal import clock
from portal.database import is_sqlite, run_sql
from portal.piccolo_app import APP_CONFIG
from portal.privacy.erase import erase_what_is_due
from portal.privacy.erasure import ask_erasure
from portal.settings import settings
from tests.onboarding.shop import Shop

QUILL: dict[str, Any] = {
    "email": "quibblewick@canary.example",
    "first_name": "Quillifer",
    "last_name": "Vantongeren",
    "organisation": "Zybbelinth Works",
    "phone": "+44 20 7946 0123",
    "country": "GB",
    "line1": "77 Wrenlock Passage",
    "city": "Mirthwick",
    "tax_id": "GB980780684",
}
CANARIES = (
    *("quibblewick", "Quillifer", "Vantongeren", "Zybbelinth", "Wrenlock", "Mirthwick"),
    *("442079460123", "20 7946 0123", "980780684", "Fernsby", "vellichor"),
)
"""The last two are whom things are sent to, and another address of theirs."""

# What was billed, and what Stripe has told.
_KEPT_AT_STRIPE = ("invoice", "event")


async def erase_now(shop: Shop, customer: str) -> None:
    """Have somebody ask, let the seven days go by, and do all that follows."""
    await ask_erasure(customer)
    await pass_days()
    await erase_what_is_due()
    await shop.work_in_the_end()
    await erase_what_is_due()


async def pass_days() -> None:
    """Have every erasure be due."""
    await run_sql("UPDATE erasure SET due_at = {}, next_at = {}", clock.now(), clock.now())


async def found_here() -> set[str]:
    """Return which canaries are in the database: in its file and its log, or in any table."""
    return among(await _file() if is_sqlite() else await _tables())


async def found_at_stripe(shop: Shop) -> set[str]:
    """Return which canaries are at the sandbox, but for what Stripe keeps."""
    counts = (await shop.stripe.control("GET", "/objects"))["counts"]
    kinds = [kind for kind in counts if kind not in _KEPT_AT_STRIPE]
    return among(json.dumps([await shop.stripe.objects(kind) for kind in kinds]))


def among(text: str) -> set[str]:
    """Return which canaries are in a text."""
    low = text.lower()
    return {canary for canary in CANARIES if canary.lower() in low}


async def _file() -> str:
    file = Path(settings().database_url.removeprefix("sqlite:///"))
    beside = [file.with_name(file.name + end) for end in ("-wal", "-shm", "-journal")]
    return "".join(
        each.read_bytes().decode("utf-8", "replace") for each in (file, *beside) if each.exists()
    )


async def _tables() -> str:
    names = [table._meta.tablename for table in APP_CONFIG.table_classes]
    rows = [
        await run_sql(f"SELECT CAST(held AS text) AS said FROM {name} AS held") for name in names
    ]
    return "\n".join(row["said"] for table in rows for row in table)


async def contents(*but: str) -> dict[str, list[str]]:
    """Return every row of every table but these."""
    names = [table._meta.tablename for table in APP_CONFIG.table_classes]
    found = {name: await run_sql(f"SELECT * FROM {name}") for name in names if name not in but}
    return {name: sorted(map(repr, rows)) for name, rows in found.items()}
