"""Sign-ups under way and done."""

from piccolo.columns import BigInt, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
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
    api_key = Varchar(
        length=40, null=True, default=None, help_text="key_… of who asked; null: they."
    )
    quiet = Varchar(length=20, default="", help_text="What is not sent of it: mails, webhooks.")
    success_url = Varchar(length=500, default="", help_text="Where to go on to, once it is ready.")
    cancel_url = Varchar(length=500, default="", help_text="Where to go back to.")
    trial_days = Integer(null=True, default=None, help_text="Instead of the plan's own.")
    made_of = Text(default="[]", help_text="JSON: quantity and add-ons, where asked for.")
    created_at = Timestamptz(null=False, default=None)
    ready_at = Timestamptz(null=True, default=None)
    abandoned_at = Timestamptz(null=True, default=None, help_text="When we told that it was left.")
