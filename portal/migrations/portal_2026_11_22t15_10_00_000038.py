"""Of which customers cards were refused is found at once: the same SQL on both databases."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T15:10:00:000038"
VERSION = "1.38.0"
DESCRIPTION = "refused cards are found fast"


class RawTable(Table):
    """Runs SQL in the database that is open."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def create() -> None:
        await RawTable.raw(
            "CREATE INDEX inbox_event_refused_cards ON inbox_event (company, object_id)"
            " WHERE type = 'setup_intent.setup_failed'"
        )

    async def drop() -> None:
        await RawTable.raw("DROP INDEX inbox_event_refused_cards")

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
