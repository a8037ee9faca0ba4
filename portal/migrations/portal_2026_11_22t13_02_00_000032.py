from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Boolean, Text, Timestamptz, Varchar
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-22T13:02:00:000032"
VERSION = "1.38.0"
DESCRIPTION = "all that programs may tell of a customer"

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
    ("BillingContact", "billing_contact"): (
        ("customer", Varchar, {"length": 40, "default": "", "primary_key": True}),
        ("first_name", Varchar, {"length": 150, "default": ""}),
        ("last_name", Varchar, {"length": 150, "default": ""}),
        ("organisation", Varchar, {"length": 250, "default": ""}),
        ("phone", Varchar, {"length": 50, "default": ""}),
        ("updated_at", Timestamptz, {"default": None}),
    ),
}

ADDED = {
    ("Customer", "customer"): (
        ("email_hard_bounced", Boolean, {"default": False}),
        ("external_id", Varchar, {"length": 255, "default": None, "null": True}),
        ("name", Varchar, {"length": 256, "default": ""}),
        ("display_name", Varchar, {"length": 100, "default": ""}),
        ("username", Varchar, {"length": 100, "default": ""}),
        ("title", Varchar, {"length": 255, "default": ""}),
        ("salutation", Varchar, {"length": 255, "default": ""}),
        ("locales", Text, {"default": "[]"}),
        ("metadata", Text, {"default": "{}"}),
        ("tax_exempt", Varchar, {"length": 10, "default": "none"}),
        ("auto_collection", Boolean, {"default": True}),
        ("allow_direct_debit", Boolean, {"default": False}),
        ("created_from_ip", Varchar, {"length": 50, "default": ""}),
        ("invoice_notes", Varchar, {"length": 2000, "default": ""}),
        ("imported", Boolean, {"default": False}),
        ("stripe_settings", Text, {"default": "{}"}),
        ("search", Text, {"default": ""}),
        ("deleted_at", Timestamptz, {"default": None, "null": True}),
    ),
    ("ShippingAddress", "shipping_address"): (("phone", Varchar, {"length": 50, "default": ""}),),
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
