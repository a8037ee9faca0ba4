"""What was declared before is found by its address: the same SQL on both databases."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T14:31:00:000037"
VERSION = "1.38.0"
DESCRIPTION = "the addresses of what was declared"


class RawTable(Table):
    """Runs SQL in the database that is open."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def fill() -> None:
        await RawTable.raw("UPDATE declaration SET email_key = LOWER(email)")

    async def leave() -> None:
        """The column goes with what made it."""

    manager.add_raw(fill)
    manager.add_raw_backwards(leave)
    return manager
