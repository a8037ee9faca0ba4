"""What sellers' programs are told, where, and what became of it."""

from piccolo.columns import ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from portal.sites.tables import Site


class WebhookEndpoint(Table, tablename="webhook_endpoint"):
    """Where a seller wants to be told what happens at one site."""

    id = Varchar(length=40, primary_key=True, help_text="whep_…")
    company = Varchar(length=40, index=True)
    site = ForeignKey(Site, null=False, on_delete=OnDelete.restrict, index=True)
    url = Varchar(length=2000)
    types = Text(default='["*"]', help_text="JSON: which events.")
    secrets = Text(default="", help_text="Sealed JSON list, newest first.")
    state = Varchar(
        length=10, default="on", help_text="on; off: by us or by them; gone: it said so."
    )
    why = Varchar(length=60, default="", help_text="Why it is off.")
    failing_since = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)
    updated_at = Timestamptz(null=False, default=None)


class WebhookEvent(Table, tablename="webhook_event"):
    """One thing that happened, as every endpoint is told it."""

    id = Varchar(length=40, primary_key=True, help_text="msg_…; the same on every try.")
    company = Varchar(length=40)
    site = Varchar(length=40)
    type = Varchar(length=60)
    customer = Varchar(length=40, null=True, default=None, index=True)
    body = Text(help_text="The very characters that are signed and sent.")
    created_at = Timestamptz(null=False, default=None, index=True)


class WebhookDelivery(Table, tablename="webhook_delivery"):
    """One event on its way to one endpoint."""

    id = Varchar(length=40, primary_key=True, help_text="dlv_…")
    event = ForeignKey(WebhookEvent, null=False, on_delete=OnDelete.restrict)
    endpoint = Varchar(length=40)
    replay_of = Varchar(length=40, default="", help_text="dlv_…, when it was asked for again.")
    state = Varchar(length=10, default="waiting", help_text="waiting, done, failed or skipped.")
    attempts = Integer(default=0)
    next_at = Timestamptz(null=False, default=None)
    lease_token = Varchar(length=40, null=True, default=None)
    lease_until = Timestamptz(null=True, default=None)
    status = Integer(null=True, default=None, help_text="Of the last answer; null: none came.")
    took_ms = Integer(null=True, default=None)
    said = Varchar(length=200, default="", help_text="The answer's beginning, or what went wrong.")
    tried_at = Timestamptz(null=True, default=None)
    done_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)
