"""Where we hold something of a customer: every table, what a download leaves out, what stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from piccolo.table import Table

from portal.access import tables as access
from portal.audit.tables import AuditEntry, AuditOrigin
from portal.billing.tables import InboxEvent
from portal.customers import tables as customers
from portal.deliveries.tables import WebhookDelivery, WebhookEvent
from portal.onboarding.tables import Onboarding
from portal.operations.tables import Operation
from portal.privacy.tables import Erasure
from portal.subscriptions import tables as subscriptions

Tables = type[Table]

_THEIRS = "customer = {}"
_ASKED_BY = (
    "customer = {} OR (company, email_key) ="
    " (SELECT company, email_key FROM customer WHERE id = {})"
)
_LEFT_BY = "(company, email_key) = (SELECT company, email_key FROM customer WHERE id = {})"
_ABOUT = (
    "object_id = {} OR object_id IN (SELECT stripe_id FROM customer WHERE id = {})"
    " OR object_id IN (SELECT stripe_id FROM subscription WHERE customer = {})"
)
_TOLD_OF = "event IN (SELECT id FROM webhook_event WHERE customer = {})"
_USED_OF = (
    "EXISTS (SELECT 1 FROM subscription WHERE subscription.customer = {} AND"
    " CAST(subscription.items AS text) LIKE '%\"' || metered_use.item || '\"%')"
)
_OPENS = "opens the account, or checks what opens it"
_OURS = "how we work it off, and nothing about the customer"
_COMPARES = "compares copies with each other, and tells nothing"
_NAMES_NOBODY = "says what was done and when, and names nobody"
_BILLED = "says what was billed, and names nobody"
_LEASE = {"lease_token": _OURS, "lease_until": _OURS}


@dataclass(frozen=True, slots=True)
class Holding:
    """The rows of one table that are about a customer.

    Attributes:
        found_by: the condition that finds them; each {} stands for the customer's id.
        left_out: the columns that a download does not tell, each with its reason.
        stays: why the rows stay when the customer is erased, emptied by `wipe` of what tells who
            it is; "": they are deleted.
    """

    table: Tables
    found_by: str = _THEIRS
    left_out: Mapping[str, str] = field(default_factory=dict)
    stays: str = ""


HOLDINGS = (
    Holding(
        customers.Customer,
        "id = {}",
        {"tax_ids_ticket": _COMPARES},
        stays="an empty row, so that nothing brings them back",
    ),
    Holding(customers.ShippingAddress),
    Holding(customers.BillingContact),
    Holding(customers.CustomerTaxId),
    Holding(customers.Avatar, left_out={"image": "lies beside this, as picture.webp"}),
    Holding(customers.Consent, stays="proves that it was given, and names nobody"),
    Holding(customers.OwnPlan),
    Holding(
        Onboarding,
        left_out={"problem_text": "a sentence of Stripe's for the seller"},
        stays=_NAMES_NOBODY,
    ),
    Holding(subscriptions.Subscription, left_out={"ticket": _COMPARES}, stays=_BILLED),
    Holding(
        subscriptions.BillingProfile,
        left_out={"details_hash": _COMPARES, "ticket": _COMPARES},
        stays="says that they are deleted at Stripe",
    ),
    Holding(subscriptions.MeteredUse, _USED_OF),
    Holding(subscriptions.UsageEvent, stays=_BILLED),
    Holding(subscriptions.PlanChange, stays=_BILLED),
    Holding(
        subscriptions.Declaration,
        _ASKED_BY,
        {"said": "sealed; the mail that confirmed it says it", "token_hash": _OPENS}
        | {"browser_hash": _OPENS, "mail_waits": _OURS, "seller_waits": _OURS},
    ),
    Holding(access.Session, left_out={"id": _OPENS}),
    Holding(access.Password, left_out={"hash": _OPENS}),
    Holding(access.Passkey, left_out={"id": _OPENS, "credential": _OPENS, "public_key": _OPENS}),
    Holding(
        access.SignInRequest,
        _ASKED_BY,
        {"token_hash": _OPENS, "browser_hash": _OPENS, "draft": "sealed, and gone within a day"},
    ),
    Holding(
        access.ResumeLink,
        _LEFT_BY,
        {"answers": "sealed, and gone in seven days", "token_hash": _OPENS}
        | {"holder": _OPENS, "taken_by": _OPENS},
    ),
    Holding(access.EmailChange, left_out={"confirm_hash": _OPENS, "undo_hash": _OPENS}),
    Holding(access.Flow, left_out={"browser_hash": _OPENS}),
    Holding(
        Erasure,
        left_out={"next_at": _OURS, "swept_at": _OURS},
        stays="says what is kept, why and until when",
    ),
    Holding(
        Operation,
        left_out=_LEASE
        | {
            "op_id": "part of a key to Stripe",
            "once": _OURS,
            "params": "what the other tables say, on its way to Stripe",
            "error_text": "a sentence of Stripe's for the seller",
        },
        stays=_NAMES_NOBODY,
    ),
    Holding(
        access.Answered,
        left_out={"id": _OURS, "request_mac": _COMPARES, "lease_until": _OURS}
        | {"headers": _OURS, "body": "sealed, and gone in two days"},
        stays="for two days, without the answer, so that no late repeat makes them anew",
    ),
    Holding(WebhookDelivery, _TOLD_OF, _LEASE | {"next_at": _OURS}),
    Holding(WebhookEvent),
    Holding(AuditOrigin),
    Holding(
        AuditEntry,
        _ABOUT,
        left_out={"number": _COMPARES, "hash": _COMPARES},
        stays=_NAMES_NOBODY,
    ),
    Holding(InboxEvent, _ABOUT, _LEASE | {"sha256": _COMPARES}, stays=_NAMES_NOBODY),
)
"""In the order in which a download tells of them."""

LEFT_OUT: Mapping[Tables, str] = {
    access.Draft: "belongs to a browser that nobody has signed in with; sealed, gone in seven days",
}
"""Tables with something of people in them that cannot be told whose it is."""
