from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.columns.column_types import JSON, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.indexes import IndexMethod
from piccolo.table import Table


class Customer(Table, tablename="customer", schema=None):
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


ID = "2026-11-22T13:03:00:000033"
VERSION = "1.38.0"
DESCRIPTION = "what programs ask for with a sign-up, and the use they tell of"

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
    ("UsageEvent", "usage_event"): (
        ("id", Varchar, {"length": 64, "default": "", "primary_key": True}),
        ("company", Varchar, {"length": 40, "default": ""}),
        ("event_id", Varchar, {"length": 100, "default": ""}),
        (
            "customer",
            ForeignKey,
            {
                "references": Customer,
                "on_delete": OnDelete.restrict,
                "on_update": OnUpdate.cascade,
                "target_column": None,
                "index": True,
            },
        ),
        ("meter", Varchar, {"length": 100, "default": ""}),
        ("quantity", Varchar, {"length": 40, "default": ""}),
        ("used_at", Timestamptz, {"default": None}),
        ("state", Varchar, {"length": 10, "default": "taken"}),
        ("problem", Varchar, {"length": 60, "default": ""}),
        ("created_at", Timestamptz, {"default": None}),
    ),
}

ADDED = {
    ("Site", "site"): (("return_origins", JSON, {"default": "[]"}),),
    ("Onboarding", "onboarding"): (
        ("api_key", Varchar, {"length": 40, "default": None, "null": True}),
        ("quiet", Varchar, {"length": 20, "default": ""}),
        ("success_url", Varchar, {"length": 500, "default": ""}),
        ("cancel_url", Varchar, {"length": 500, "default": ""}),
        ("trial_days", Integer, {"default": None, "null": True}),
        ("made_of", Text, {"default": "[]"}),
        ("abandoned_at", Timestamptz, {"default": None, "null": True}),
    ),
    ("PlanChange", "plan_change"): (("quiet", Varchar, {"length": 20, "default": ""}),),
    ("BillingProfile", "billing_profile"): (("object", Text, {"default": ""}),),
}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    for class_name, tablename in NEW:
        manager.add_table(class_name=class_name, tablename=tablename, schema=None, columns=None)

    for (class_name, tablename), columns in ({**NEW, **ADDED}).items():
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
