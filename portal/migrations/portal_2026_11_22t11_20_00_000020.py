from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Boolean
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-22T11:20:00:000020"
VERSION = "1.38.0"
DESCRIPTION = "what was declared waits for a mail that tells of several"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    for column in ("mail_waits", "seller_waits"):
        manager.add_column(
            table_class_name="Declaration",
            tablename="declaration",
            column_name=column,
            db_column_name=column,
            column_class_name="Boolean",
            column_class=Boolean,
            params={
                "default": False,
                "null": False,
                "primary_key": False,
                "unique": False,
                "index": False,
                "index_method": IndexMethod.btree,
                "choices": None,
                "db_column_name": None,
                "secret": False,
            },
            schema=None,
        )

    return manager
