"""Who buys."""

from piccolo.columns import (
    BigInt,
    Boolean,
    Bytea,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from portal.sites.tables import Company, Site


class Customer(Table, tablename="customer"):
    """A person or organisation buying from a company. One per (company, email_key)."""

    id = Varchar(length=40, primary_key=True, help_text="cust_…")
    company = ForeignKey(Company, null=False, on_delete=OnDelete.restrict)
    site = ForeignKey(
        Site, null=False, on_delete=OnDelete.restrict, help_text="Where they came in."
    )
    email = Varchar(length=254, null=True, default=None, help_text="As typed, for writing to.")
    email_key = Varchar(length=320, null=True, default=None, help_text="Normalized, for finding.")
    email_verified_at = Timestamptz(null=True, default=None)
    email_unchecked = Boolean(default=False, help_text="DNS gave no answer when it was taken.")
    email_hard_bounced = Boolean(default=False, help_text="No mail is sent to it.")
    external_id = Varchar(
        length=255, null=True, default=None, help_text="The seller's own; unique per company."
    )
    first_name = Varchar(length=255, default="")
    last_name = Varchar(length=255, default="")
    name = Varchar(length=256, default="", help_text="A whole name; never split into the two.")
    display_name = Varchar(length=100, default="")
    username = Varchar(length=100, default="")
    title = Varchar(length=255, default="")
    salutation = Varchar(length=255, default="")
    organisation = Varchar(length=255, default="")
    phone = Varchar(length=50, default="", help_text="As typed.")
    phone_e164 = Varchar(length=20, null=True, default=None)
    tax_id = Varchar(length=50, default="", help_text="The first of their tax ids; empty: none.")
    tax_id_type = Varchar(
        length=20, null=True, default=None, help_text="Stripe's type, such as eu_vat."
    )
    tax_id_refused = Boolean(default=False, help_text="Stripe did not take it; we went on without.")
    tax_ids_ticket = BigInt(default=0, help_text="When we last changed their tax ids at Stripe.")
    line1 = Varchar(length=150, default="")
    line2 = Varchar(length=150, default="")
    line3 = Varchar(length=150, default="")
    city = Varchar(length=100, default="")
    state = Varchar(
        length=100, default="", help_text="ISO 3166-2 without the country, where known."
    )
    postal_code = Varchar(length=20, default="")
    country = Varchar(length=2, default="", help_text="ISO 3166 alpha-2, or XI.")
    locale = Varchar(length=20, default="en")
    time_zone = Varchar(length=50, default="", help_text="Such as Europe/Berlin; empty: UTC.")
    billing_email = Varchar(
        length=254, default="", help_text="Where bills go, if not to email; never a login."
    )
    locales = Text(
        default="[]", help_text="JSON: languages they read, the best first; empty: locale."
    )
    metadata = Text(default="{}", help_text="JSON: the seller's own keys and values.")
    tax_exempt = Varchar(length=10, default="none", help_text="none, exempt or reverse.")
    auto_collection = Boolean(default=True, help_text="False: they pay each invoice themselves.")
    allow_direct_debit = Boolean(default=False)
    created_from_ip = Varchar(length=50, default="", help_text="As the seller told it.")
    invoice_notes = Varchar(length=2000, default="", help_text="Stands on each invoice.")
    imported = Boolean(default=False)
    stripe_settings = Text(default="{}", help_text="JSON: what only Stripe makes use of.")
    search = Text(default="", help_text="Folded: names, organisation, e-mail, external id.")
    refused_field = Varchar(
        length=30, default="", help_text="What Stripe did not take of a change: theirs to mend."
    )
    stripe_id = Varchar(length=255, null=True, default=None, help_text="cus_…; unique per company.")
    status = Varchar(
        length=20, default="active", help_text="active; detached: gone at Stripe; deleted; erased."
    )
    deleted_at = Timestamptz(null=True, default=None)
    version = Integer(default=1, help_text="Rises with each change.")
    created_at = Timestamptz(null=False, default=None)
    updated_at = Timestamptz(null=False, default=None)


class ShippingAddress(Table, tablename="shipping_address"):
    """Where a customer has things sent to; no row: where bills are for."""

    customer = Varchar(length=40, primary_key=True)
    recipient = Varchar(length=200)
    phone = Varchar(length=50, default="")
    line1 = Varchar(length=150, default="")
    line2 = Varchar(length=150, default="")
    line3 = Varchar(length=150, default="")
    city = Varchar(length=100, default="")
    state = Varchar(length=100, default="")
    postal_code = Varchar(length=20, default="")
    country = Varchar(length=2, default="")
    updated_at = Timestamptz(null=False, default=None)


class BillingContact(Table, tablename="billing_contact"):
    """Who bills are made out to, where that is somebody else; no row: the customer."""

    customer = Varchar(length=40, primary_key=True)
    first_name = Varchar(length=150, default="")
    last_name = Varchar(length=150, default="")
    organisation = Varchar(length=250, default="")
    phone = Varchar(length=50, default="")
    updated_at = Timestamptz(null=False, default=None)


class CustomerTaxId(Table, tablename="customer_tax_id"):
    """One tax id of a customer, as it was given to us or to Stripe. The first is in their row too.

    Stripe's id and status are a copy.
    """

    id = Varchar(length=40, primary_key=True, help_text="ctax_…; they sort by age.")
    customer = Varchar(length=40, index=True)
    value = Varchar(length=100)
    type = Varchar(length=30, null=True, default=None, help_text="Stripe's; null: it has none.")
    stripe_id = Varchar(length=255, null=True, default=None, help_text="txi_…, once it is there.")
    status = Varchar(
        length=20, default="", help_text="pending, verified, unverified, unavailable; or unknown."
    )
    refused = Boolean(default=False, help_text="Stripe did not take it.")
    created_at = Timestamptz(null=False, default=None)


class Avatar(Table, tablename="avatar"):
    """A customer's picture, drawn anew by us: WebP, at most 256 pixels square."""

    customer = Varchar(length=40, primary_key=True)
    image = Bytea()
    version = Varchar(length=16, help_text="The beginning of its sha256.")
    updated_at = Timestamptz(null=False, default=None)


class Consent(Table, tablename="consent"):
    """One answer to one question about consent; a later row overrides an earlier one."""

    id = Varchar(length=40, primary_key=True, help_text="cons_…")
    customer = ForeignKey(Customer, null=False, on_delete=OnDelete.restrict)
    kind = Varchar(length=30, help_text="terms, email_marketing or telemarketing.")
    given = Boolean(default=False)
    text_version = Varchar(length=50)
    source = Varchar(length=30, help_text="The door it came through.")
    at = Timestamptz(null=False, default=None)


class OwnPlan(Table, tablename="own_plan"):
    """An exclusive plan that this customer may have."""

    id = Varchar(length=40, primary_key=True, help_text="ownp_…")
    customer = ForeignKey(Customer, null=False, on_delete=OnDelete.restrict, index=True)
    plan = Varchar(length=50, help_text="The plan's key.")
    at = Timestamptz(null=False, default=None)
