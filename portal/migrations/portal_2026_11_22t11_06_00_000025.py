"""The tax id that each customer has becomes the first of theirs: the same SQL on both databases."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T11:06:00:000025"
VERSION = "1.38.0"
DESCRIPTION = "the tax ids that there are"

# Like the customer's own id, these sort before any that is made later.
MOVE = """INSERT INTO customer_tax_id (id, customer, value, type, status, refused, created_at)
 SELECT 'ctax_' || SUBSTR(id, 6), id, tax_id, tax_id_type, '', tax_id_refused, created_at
 FROM customer WHERE tax_id <> ''"""


class RawTable(Table):
    """Runs SQL in the database that is open."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def move() -> None:
        await RawTable.raw(MOVE)

    async def forget() -> None:
        await RawTable.raw("DELETE FROM customer_tax_id")

    manager.add_raw(move)
    manager.add_raw_backwards(forget)
    return manager
