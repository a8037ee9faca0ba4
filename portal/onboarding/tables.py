"""Sign-ups under way and done."""

from piccolo.columns import BigInt, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from portal.customers.tables import Customer
from portal.plans.tables import Plan, Price
from portal.sites.tables import Site


class Onboarding(Table, tablename="onboarding"):
    """One sign-up and how far it has come."""

    id = Varchar(length=40, primary_key=True, help_text="onbo_…")
    customer = ForeignKey(Customer, null=False, on_delete=OnDelete.restrict)
    site = ForeignKey(Site, null=False, on_delete=OnDelete.restrict)
    plan = ForeignKey(Plan, null=True, on_delete=OnDelete.restrict)
    price = ForeignKey(Price, null=True, on_delete=OnDelete.restrict)
    coupon = Varchar(length=200, default="", help_text="The code as typed.")
    lasting_amount = BigInt(
        null=True,
        default=None,
        help_text="Of a period once discounts that pass are over; nothing: no card is needed.",
    )
    state = Varchar(
        length=20,
        default="accepted",
        help_text="accepted, customer_made, ready; refused (theirs to mend), stuck (ours).",
    )
    problem_field = Varchar(length=50, default="", help_text="The form's field, when refused.")
    problem_code = Varchar(length=100, default="", help_text="Stripe's reason.")
    problem_text = Text(default="", help_text="Stripe's sentence, for the operator.")
    subscription_stripe_id = Varchar(length=255, null=True, default=None, help_text="sub_…")
    created_at = Timestamptz(null=False, default=None)
    ready_at = Timestamptz(null=True, default=None)
