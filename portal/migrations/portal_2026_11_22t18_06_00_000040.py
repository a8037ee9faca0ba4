"""What is not sealed yet is found at once, and each number given once: the same SQL on both."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T18:06:00:000040"
VERSION = "1.38.0"
DESCRIPTION = "the audit trail's chains"

INDEXES = {
    "audit_entry_unsealed": "INDEX audit_entry_unsealed ON audit_entry (id) WHERE number IS NULL",
    "audit_entry_chain": "UNIQUE INDEX audit_entry_chain ON audit_entry (company, number)"
    " WHERE number IS NOT NULL",
}


class RawTable(Table):
    """Runs SQL in the database that is open."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def create() -> None:
        for definition in INDEXES.values():
            await RawTable.raw(f"CREATE {definition}")

    async def drop() -> None:
        for name in INDEXES:
            await RawTable.raw(f"DROP INDEX {name}")

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
