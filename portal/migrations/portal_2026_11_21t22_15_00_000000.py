"""Indexes over several columns, and the counter's one row: the same SQL on both databases."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T22:15:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes over several columns"

UNIQUE = {
    "site_company_key": "site (company, key)",
    "site_company_country": "site (company, country)",
    "plan_company_key_version": "plan (company, key, version)",
    "price_plan_interval_currency": 'price (plan, "interval", currency)',
    "price_lookup_key_plan": "price (lookup_key, plan)",
    "customer_company_email_key": "customer (company, email_key)",
    "customer_company_stripe_id": "customer (company, stripe_id)",
    "inbox_event_company_event_id": "inbox_event (company, event_id)",
}
PLAIN = {
    "operation_state_next_at": "operation (state, next_at)",
    "operation_lane_id": "operation (lane, id)",
    "inbox_event_state_next_at": "inbox_event (state, next_at)",
    "inbox_event_company_object_id": "inbox_event (company, object_id)",
    "consent_customer_kind": "consent (customer, kind)",
    "onboarding_customer": "onboarding (customer)",
    "subscription_customer": "subscription (customer)",
}


class RawTable(Table):
    """Runs SQL in the database that is open."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def create() -> None:
        for name, columns in UNIQUE.items():
            await RawTable.raw(f"CREATE UNIQUE INDEX {name} ON {columns}")
        for name, columns in PLAIN.items():
            await RawTable.raw(f"CREATE INDEX {name} ON {columns}")
        await RawTable.raw("INSERT INTO ticket (id, value) VALUES (1, 0)")

    async def drop() -> None:
        await RawTable.raw("DELETE FROM ticket")
        for name in [*PLAIN, *UNIQUE]:
            await RawTable.raw(f"DROP INDEX {name}")

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
