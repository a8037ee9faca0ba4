"""Sellers and their storefronts."""

from piccolo.columns import JSON, Boolean, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table


class Company(Table, tablename="company"):
    """The seller: owns the Stripe account, the sites and the plans."""

    id = Varchar(length=40, primary_key=True, help_text="comp_…")
    key = Varchar(length=50, unique=True, help_text="Its name in the file that declares it.")
    name = Varchar(length=150)
    support_email = Varchar(length=254, default="")
    support_url = Varchar(length=500, default="")
    stripe_account = Varchar(length=255, null=True, default=None, help_text="acct_…")
    livemode = Boolean(
        default=False, help_text="The account's mode: events of the other are not ours."
    )
    stripe_key = Text(null=True, default=None, help_text="Sealed.")
    webhook_secrets = Text(null=True, default=None, help_text="Sealed JSON list, newest first.")
    webhook_endpoint = Varchar(length=255, null=True, default=None, help_text="we_…")
    portal_configuration = Varchar(length=255, null=True, default=None, help_text="bpc_…")
    created_at = Timestamptz(null=False, default=None)


class Site(Table, tablename="site"):
    """One storefront of a company. Unique per (company, key) and per (company, country)."""

    id = Varchar(length=40, primary_key=True, help_text="site_…")
    number = Integer(unique=True, help_text="The same site as an integer, for those who want one.")
    company = ForeignKey(Company, null=False, on_delete=OnDelete.restrict)
    key = Varchar(length=50)
    name = Varchar(length=150)
    host = Varchar(length=255, null=True, default=None, unique=True, help_text="Without a port.")
    country = Varchar(length=2, help_text="The market, ISO 3166 alpha-2.")
    currency = Varchar(length=3, help_text="ISO 4217, lower case as Stripe writes it.")
    languages = Varchar(
        length=200, default="en", help_text="Comma-separated; the first is default."
    )
    plans = JSON(default="[]", help_text="Plan keys on offer, in order; empty: every standard one.")
    default_plan = Varchar(length=50, null=True, default=None)
    tax = Varchar(length=10, default="none", help_text="none, rates or automatic.")
    tax_rates = JSON(default="[]", help_text="txr_… ids when tax is rates.")
    tax_inclusive = Boolean(default=False, help_text="Whether shown prices include tax.")
    verify_email = Varchar(length=10, default="after", help_text="off, after or before.")
    fields = JSON(default="{}", help_text="names, phone, organisation: off, optional or required.")
    limits = JSON(
        default="{}", help_text="What to change of web/limits.py's limits: name to number."
    )
    layout = Varchar(
        length=10, default="page", help_text="How the sign-up form asks: on one page, or in steps."
    )
    passwords = Varchar(
        length=10, default="off", help_text="on: a password is a second way to sign in."
    )
    passkeys = Varchar(
        length=10, default="off", help_text="on: a passkey is another way to sign in."
    )
    market = Varchar(
        length=4, default="auto", help_text="Whose law: none, eu or de; auto: as its country says."
    )
    withdrawal_refund = Varchar(
        length=10, default="full", help_text="What who withdraws gets back: full, unused, by_hand."
    )
    brand = JSON(default="{}", help_text="accent (CSS colour), logo (URL), tagline.")
    terms_url = Varchar(length=500, default="")
    privacy_url = Varchar(length=500, default="")
    terms_version = Varchar(length=50, default="1")
    success_url = Varchar(
        length=500, default="", help_text="Where the welcome page's button leads."
    )
    return_origins = JSON(
        default="[]",
        help_text="Where programs may have people led back to: https://… without path.",
    )
    created_at = Timestamptz(null=False, default=None)
