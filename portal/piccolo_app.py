"""What Piccolo's migrations cover: every table of ours."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="portal",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=table_finder(
        modules=[
            "portal.access.tables",
            "portal.audit.tables",
            "portal.billing.tables",
            "portal.customers.tables",
            "portal.deliveries.tables",
            "portal.onboarding.tables",
            "portal.operations.tables",
            "portal.plans.tables",
            "portal.privacy.tables",
            "portal.reconciliation.tables",
            "portal.sites.tables",
            "portal.subscriptions.tables",
        ],
    ),
)
