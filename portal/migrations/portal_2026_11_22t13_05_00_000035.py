"""Indexes over several columns, and what customers are found by: the same on both databases."""

import re
import unicodedata

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T13:05:00:000035"
VERSION = "1.38.0"
DESCRIPTION = "customers and deliveries are found fast"

UNIQUE = {
    "customer_company_external_id": "customer (company, external_id)",
    "webhook_delivery_event_endpoint_replay_of": "webhook_delivery (event, endpoint, replay_of)",
}
PLAIN = {
    "customer_company_created_at": "customer (company, created_at)",
    "customer_company_id": "customer (company, id)",
    "webhook_delivery_endpoint_state_next_at": "webhook_delivery (endpoint, state, next_at)",
}
AT_ONCE = 1000


class RawTable(Table):
    """Runs SQL in the database that is open."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def create() -> None:
        for name, columns in UNIQUE.items():
            await RawTable.raw(f"CREATE UNIQUE INDEX {name} ON {columns}")
        for name, columns in PLAIN.items():
            await RawTable.raw(f"CREATE INDEX {name} ON {columns}")
        await _fill_search()

    async def drop() -> None:
        for name in [*PLAIN, *UNIQUE]:
            await RawTable.raw(f"DROP INDEX {name}")

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager


async def _fill_search() -> None:
    last = ""
    while customers := await RawTable.raw(
        "SELECT id, first_name, last_name, organisation, email FROM customer"
        " WHERE id > {} AND email IS NOT NULL ORDER BY id LIMIT {}",
        *(last, AT_ONCE),
    ):
        for row in customers:
            last = row.pop("id")
            said = _fold(" ".join(text for text in row.values() if text))
            await RawTable.raw("UPDATE customer SET search = {} WHERE id = {}", said, last)


def _fold(text: str) -> str:
    """Return what the portal's own `fold` made of a text when this was written."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[.,'’`\-–—]", " ", kept).split())
