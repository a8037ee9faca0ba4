from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Boolean, Timestamptz, Varchar
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-22T14:30:00:000036"
VERSION = "1.38.0"
DESCRIPTION = "what was declared: found by address, and told when"

PLAIN = {
    "primary_key": False,
    "unique": False,
    "index": False,
    "index_method": IndexMethod.btree,
    "choices": None,
    "db_column_name": None,
    "secret": False,
}

COLUMNS = (
    ("email_key", Varchar, {"length": 320, "default": None, "null": True}),
    ("mail_refused", Boolean, {"default": False, "null": False}),
    ("told_at", Timestamptz, {"default": None, "null": True}),
)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    for name, column_class, params in COLUMNS:
        manager.add_column(
            table_class_name="Declaration",
            tablename="declaration",
            column_name=name,
            db_column_name=name,
            column_class_name=column_class.__name__,
            column_class=column_class,
            params=PLAIN | params,
            schema=None,
        )

    return manager
