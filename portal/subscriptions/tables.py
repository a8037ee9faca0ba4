"""Our copies of what Stripe owns."""

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

from portal.customers.tables import Customer


class Subscription(Table, tablename="subscription"):
    """One customer's hold on one plan. Stripe owns status; we keep a copy."""

    stripe_id = Varchar(length=255, primary_key=True, help_text="sub_…")
    customer = ForeignKey(Customer, null=False, on_delete=OnDelete.restrict)
    price_stripe_id = Varchar(length=255, default="", help_text="Of the first item.")
    status = Varchar(length=30, help_text="Stripe's own word.")
    currency = Varchar(length=3, default="")
    amount = BigInt(default=0, help_text="Of one period, minor units, before discounts.")
    next_amount = BigInt(
        null=True, default=None, help_text="Of the next charge, after discounts; null: not told."
    )
    lasting_amount = BigInt(
        null=True, default=None, help_text="Of a period once every discount that passes is over."
    )
    tax_added = Boolean(default=False, help_text="Tax comes on top of these amounts.")
    interval = Varchar(length=10, default="", help_text="month or year.")
    items = JSON(default="[]", help_text="id, price, quantity and meter of each, the plan first.")
    trial_ends_at = Timestamptz(null=True, default=None)
    period_starts_at = Timestamptz(null=True, default=None)
    period_ends_at = Timestamptz(null=True, default=None)
    cancel_at_period_end = Boolean(default=False)
    cancel_at = Timestamptz(null=True, default=None)
    collection_paused = Boolean(default=False, help_text="Nothing is charged until it goes on.")
    schedule = Varchar(
        length=255, null=True, default=None, help_text="What plans its changes, sub_sched_…"
    )
    planned_price = Varchar(length=255, default="", help_text="Of a change to come, price_…")
    planned_items = JSON(default="[]", help_text="Prices and quantities after that change.")
    planned_at = Timestamptz(null=True, default=None, help_text="When it comes.")
    ended_at = Timestamptz(null=True, default=None)
    started_at = Timestamptz(null=True, default=None)
    invoice = Varchar(length=255, null=True, default=None, help_text="The latest one, in_…")
    invoice_status = Varchar(length=20, default="", help_text="draft, open, paid, void, …")
    amount_due = BigInt(default=0, help_text="Of the latest invoice, minor units.")
    payment = Varchar(
        length=30,
        default="",
        help_text="Of our last try to pay: declined, authentication_required.",
    )
    ticket = BigInt(default=0)
    fetched_at = Timestamptz(null=False, default=None)


class MeteredUse(Table, tablename="metered_use"):
    """How much somebody used of one item in its present period, when we last asked Stripe."""

    item = Varchar(length=255, primary_key=True, help_text="si_…")
    starts_at = Timestamptz(null=False, default=None, help_text="Of the period it counts.")
    quantity = Varchar(length=60, default="0", help_text="A decimal number.")
    fetched_at = Timestamptz(null=False, default=None)


class UsageEvent(Table, tablename="usage_event"):
    """One use that a seller told of, counted once however often it is told."""

    id = Varchar(length=64, primary_key=True, help_text="sha256 of company, site, event_id.")
    company = Varchar(length=40)
    event_id = Varchar(length=100, help_text="The seller's.")
    customer = ForeignKey(Customer, null=False, on_delete=OnDelete.restrict, index=True)
    meter = Varchar(length=100, help_text="The event's name of Stripe's meter.")
    quantity = Varchar(length=40, help_text="A decimal number.")
    used_at = Timestamptz(null=False, default=None)
    state = Varchar(length=10, default="taken", help_text="taken, sent or refused.")
    problem = Varchar(length=60, default="")
    created_at = Timestamptz(null=False, default=None)


class BillingProfile(Table, tablename="billing_profile"):
    """Our copy of the customer at Stripe: their default payment method, and whether they exist."""

    customer = Varchar(length=40, primary_key=True)
    stripe_id = Varchar(length=255, index=True, help_text="cus_…")
    deleted = Boolean(default=False)
    billing_email = Varchar(length=512, default="", help_text="Stripe's; never a login.")
    payment_method = Varchar(length=255, null=True, default=None, help_text="pm_…, the default.")
    card_brand = Varchar(length=30, default="")
    card_last4 = Varchar(length=4, default="")
    card_exp_month = Integer(default=0)
    card_exp_year = Integer(default=0)
    object = Text(default="", help_text="JSON: the object as Stripe last told it.")
    details_hash = Varchar(
        length=64, default="", help_text="sha256 of who Stripe said they are; empty: not yet."
    )
    ticket = BigInt(default=0)
    fetched_at = Timestamptz(null=False, default=None)


class PlanChange(Table, tablename="plan_change"):
    """One change of their plan that a customer asked for, and what became of it."""

    id = Varchar(length=40, primary_key=True, help_text="chng_…")
    customer = ForeignKey(Customer, null=False, on_delete=OnDelete.restrict, index=True)
    subscription = Varchar(length=255, help_text="sub_…")
    kind = Varchar(length=10, help_text="cancel, keep, switch, plan, stay, pause …")
    state = Varchar(length=10, default="asked", help_text="asked, done or refused.")
    problem = Varchar(length=60, default="", help_text="Why it was refused, in our words.")
    reason = Varchar(length=30, default="", help_text="Why somebody leaves, if they said.")
    quiet = Varchar(length=20, default="", help_text="What is not sent of it: mails, webhooks.")
    price = Varchar(length=40, null=True, default=None, help_text="The new price, pric_…")
    made_of = Varchar(
        length=500, default="", help_text="The plan with its quantity and add-ons, as was shown."
    )
    amount_today = BigInt(default=0, help_text="As promised; below zero: a credit.")
    next_amount = BigInt(default=0, help_text="Of the next charge, as promised.")
    next_at = Timestamptz(null=True, default=None, help_text="When that is.")
    currency = Varchar(length=3, default="")
    takes_effect_at = Timestamptz(null=True, default=None)
    asked_at = Timestamptz(null=False, default=None)
    done_at = Timestamptz(null=True, default=None)


class Declaration(Table, tablename="declaration"):
    """What somebody declared about a contract without signing in, and whether they confirmed it."""

    id = Varchar(length=40, primary_key=True, help_text="decl_…")
    company = Varchar(length=40)
    site = Varchar(length=40)
    kind = Varchar(length=10, help_text="cancel or withdraw.")
    customer = Varchar(length=40, null=True, default=None, help_text="Null: we know nobody by it.")
    email = Varchar(length=254)
    email_key = Varchar(length=320, null=True, default=None, help_text="To find it by.")
    said = Text(help_text="Sealed: what was typed.")
    locale = Varchar(length=20, default="en")
    browser_hash = Varchar(length=64, help_text="sha256 of the flow cookie it came from.")
    token_hash = Varchar(length=64, unique=True, help_text="sha256 of the link's token.")
    mail_waits = Boolean(default=False, help_text="The next mail to this address tells of it.")
    seller_waits = Boolean(default=False, help_text="So does the next one to the seller.")
    mail_refused = Boolean(default=False, help_text="No mail reached this address.")
    received_at = Timestamptz(null=False, default=None)
    told_at = Timestamptz(null=True, default=None, help_text="When the mail with the link went.")
    confirmed_at = Timestamptz(null=True, default=None)
