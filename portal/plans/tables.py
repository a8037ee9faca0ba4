"""What is sold."""

from piccolo.columns import (
    JSON,
    BigInt,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from portal.sites.tables import Company


class Plan(Table, tablename="plan"):
    """One version of a plan, or of what is sold beside plans: then its visibility is add_on.

    Unique per (company, key, version); subscribers keep theirs.
    """

    id = Varchar(length=40, primary_key=True, help_text="plan_…")
    company = ForeignKey(Company, null=False, on_delete=OnDelete.restrict)
    key = Varchar(length=50)
    version = Integer(default=1)
    current = Boolean(default=True, help_text="The version now on offer.")
    name = Varchar(length=150)
    description = Text(default="")
    features = JSON(default="[]", help_text="Sentences for the pricing card.")
    trial_days = Integer(default=0)
    trial_without_card = Varchar(
        length=20, default="cancel", help_text="cancel, pause, create_invoice"
    )
    visibility = Varchar(
        length=10, default="standard", help_text="standard, exclusive, archived; add_on."
    )
    downgrade = Varchar(
        length=10, default="period_end", help_text="When a cheaper plan begins: or now."
    )
    pausable = Boolean(default=False, help_text="Whether subscribers may pause it themselves.")
    recommended = Boolean(default=False)
    position = Integer(default=0)
    next_steps = JSON(default="[]", help_text="Sentences for the welcome page.")
    quantity = JSON(
        null=True, default=None, help_text="unit, units, min and max, where several can be had."
    )
    add_ons = JSON(default="[]", help_text="Keys of what can be had beside it.")
    usage = JSON(
        null=True, default=None, help_text="event, unit, units, formula: what a meter counts of it."
    )
    meter = Varchar(length=255, null=True, default=None, help_text="mtr_… at Stripe.")
    stripe_product = Varchar(length=255, null=True, default=None, help_text="prod_…")
    created_at = Timestamptz(null=False, default=None)


class Price(Table, tablename="price"):
    """What one version of a plan costs: unique per (plan, interval, currency)."""

    id = Varchar(length=40, primary_key=True, help_text="pric_…")
    plan = ForeignKey(Plan, null=False, on_delete=OnDelete.restrict)
    interval = Varchar(length=10, help_text="month or year.")
    currency = Varchar(length=3, help_text="Lower case.")
    amount = BigInt(help_text="Minor units.")
    lookup_key = Varchar(length=200)
    stripe_id = Varchar(length=255, null=True, default=None, help_text="price_… at Stripe.")
