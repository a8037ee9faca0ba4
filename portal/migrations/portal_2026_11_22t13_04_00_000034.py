"""Longer names: see docs/decisions/0026-longer-texts.md."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine.finder import engine_finder

ID = "2026-11-22T13:04:00:000034"
VERSION = "1.38.0"
DESCRIPTION = "longer names"

WAS = {"first_name": 150, "last_name": 150, "organisation": 250}
LENGTH = 255


class OnlyOnPostgres(MigrationManager):
    """Leaves SQLite alone, which holds no text to a length and cannot alter a column."""

    async def _run_alter_columns(self, backwards: bool = False) -> None:
        engine = engine_finder()
        if engine is not None and engine.engine_type != "sqlite":
            await super()._run_alter_columns(backwards)


async def forwards():
    manager = OnlyOnPostgres(migration_id=ID, app_name="portal", description=DESCRIPTION)

    for column, was in WAS.items():
        manager.alter_column(
            table_class_name="Customer",
            tablename="customer",
            column_name=column,
            db_column_name=column,
            params={"length": LENGTH},
            old_params={"length": was},
            column_class=None,
            old_column_class=None,
            schema=None,
        )

    return manager
