from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import BigInt, Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-22T13:00:00:000030"
VERSION = "1.38.0"
DESCRIPTION = "keys of programs, their repeated requests, and who was before them"

PLAIN = {
    "null": False,
    "primary_key": False,
    "unique": False,
    "index": False,
    "index_method": IndexMethod.btree,
    "choices": None,
    "db_column_name": None,
    "secret": False,
}

NEW = {
    ("ApiKey", "api_key"): (
        ("id", Varchar, {"length": 40, "default": "", "primary_key": True}),
        ("company", Varchar, {"length": 40, "default": "", "index": True}),
        ("public_id", Varchar, {"length": 8, "default": "", "unique": True}),
        ("kind", Varchar, {"length": 2, "default": ""}),
        ("livemode", Boolean, {"default": False}),
        ("secret_mac", Varchar, {"length": 64, "default": ""}),
        ("scopes", Text, {"default": "[]"}),
        ("sites", Text, {"default": "[]"}),
        ("label", Varchar, {"length": 100, "default": ""}),
        ("per_minute", Integer, {"default": 600}),
        ("created_by", Varchar, {"length": 60, "default": ""}),
        ("created_at", Timestamptz, {"default": None}),
        ("expires_at", Timestamptz, {"default": None, "null": True}),
        ("last_used_at", Timestamptz, {"default": None, "null": True}),
        ("revoked_at", Timestamptz, {"default": None, "null": True}),
    ),
    ("Answered", "answered"): (
        ("id", Varchar, {"length": 64, "default": "", "primary_key": True}),
        ("company", Varchar, {"length": 40, "default": ""}),
        ("api_key", Varchar, {"length": 40, "default": ""}),
        ("customer", Varchar, {"length": 40, "default": None, "null": True, "index": True}),
        ("request_mac", Varchar, {"length": 64, "default": ""}),
        ("state", Varchar, {"length": 8, "default": "running"}),
        ("made", Varchar, {"length": 255, "default": None, "null": True}),
        ("lease_until", Timestamptz, {"default": None}),
        ("status", Integer, {"default": None, "null": True}),
        ("headers", Text, {"default": "{}"}),
        ("body", Text, {"default": None, "null": True}),
        ("created_at", Timestamptz, {"default": None, "index": True}),
    ),
    ("AuditOrigin", "audit_origin"): (
        ("audit_entry", BigInt, {"default": 0, "primary_key": True}),
        ("customer", Varchar, {"length": 40, "default": None, "null": True, "index": True}),
        ("device", Varchar, {"length": 100, "default": ""}),
        ("user_email", Varchar, {"length": 320, "default": ""}),
        ("ip", Varchar, {"length": 50, "default": ""}),
        ("at", Timestamptz, {"default": None, "index": True}),
    ),
}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    for class_name, tablename in NEW:
        manager.add_table(class_name=class_name, tablename=tablename, schema=None, columns=None)

    for (class_name, tablename), columns in (NEW).items():
        for name, kind, params in columns:
            manager.add_column(
                table_class_name=class_name,
                tablename=tablename,
                column_name=name,
                db_column_name=name,
                column_class_name=kind.__name__,
                column_class=kind,
                params=PLAIN | params,
                schema=None,
            )

    return manager
