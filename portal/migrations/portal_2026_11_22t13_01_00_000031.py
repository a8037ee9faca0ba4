from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.columns.column_types import ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.indexes import IndexMethod
from piccolo.table import Table


class Site(Table, tablename="site", schema=None):
    id = Varchar(
        length=40,
        default="",
        null=False,
        primary_key=True,
        unique=False,
        index=False,
        index_method=IndexMethod.btree,
        choices=None,
        db_column_name=None,
        secret=False,
    )


class WebhookEvent(Table, tablename="webhook_event", schema=None):
    id = Varchar(
        length=40,
        default="",
        null=False,
        primary_key=True,
        unique=False,
        index=False,
        index_method=IndexMethod.btree,
        choices=None,
        db_column_name=None,
        secret=False,
    )


ID = "2026-11-22T13:01:00:000031"
VERSION = "1.38.0"
DESCRIPTION = "what sellers' programs are told"

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
    ("WebhookEndpoint", "webhook_endpoint"): (
        ("id", Varchar, {"length": 40, "default": "", "primary_key": True}),
        ("company", Varchar, {"length": 40, "default": "", "index": True}),
        (
            "site",
            ForeignKey,
            {
                "references": Site,
                "on_delete": OnDelete.restrict,
                "on_update": OnUpdate.cascade,
                "target_column": None,
                "index": True,
            },
        ),
        ("url", Varchar, {"length": 2000, "default": ""}),
        ("types", Text, {"default": '["*"]'}),
        ("secrets", Text, {"default": ""}),
        ("state", Varchar, {"length": 10, "default": "on"}),
        ("why", Varchar, {"length": 60, "default": ""}),
        ("failing_since", Timestamptz, {"default": None, "null": True}),
        ("created_at", Timestamptz, {"default": None}),
        ("updated_at", Timestamptz, {"default": None}),
    ),
    ("WebhookEvent", "webhook_event"): (
        ("id", Varchar, {"length": 40, "default": "", "primary_key": True}),
        ("company", Varchar, {"length": 40, "default": ""}),
        ("site", Varchar, {"length": 40, "default": ""}),
        ("type", Varchar, {"length": 60, "default": ""}),
        ("customer", Varchar, {"length": 40, "default": None, "null": True, "index": True}),
        ("body", Text, {"default": ""}),
        ("created_at", Timestamptz, {"default": None, "index": True}),
    ),
    ("WebhookDelivery", "webhook_delivery"): (
        ("id", Varchar, {"length": 40, "default": "", "primary_key": True}),
        (
            "event",
            ForeignKey,
            {
                "references": WebhookEvent,
                "on_delete": OnDelete.restrict,
                "on_update": OnUpdate.cascade,
                "target_column": None,
            },
        ),
        ("endpoint", Varchar, {"length": 40, "default": ""}),
        ("replay_of", Varchar, {"length": 40, "default": ""}),
        ("state", Varchar, {"length": 10, "default": "waiting"}),
        ("attempts", Integer, {"default": 0}),
        ("next_at", Timestamptz, {"default": None}),
        ("lease_token", Varchar, {"length": 40, "default": None, "null": True}),
        ("lease_until", Timestamptz, {"default": None, "null": True}),
        ("status", Integer, {"default": None, "null": True}),
        ("took_ms", Integer, {"default": None, "null": True}),
        ("said", Varchar, {"length": 200, "default": ""}),
        ("tried_at", Timestamptz, {"default": None, "null": True}),
        ("done_at", Timestamptz, {"default": None, "null": True}),
        ("created_at", Timestamptz, {"default": None}),
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
