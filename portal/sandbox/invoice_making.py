"""Invoices that a seller makes by hand."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.billing import keep_bill
from portal.sandbox.changes import new_metadata
from portal.sandbox.drafts import Bill
from portal.sandbox.errors import missing, refused
from portal.sandbox.events import emit
from portal.sandbox.lookup import customer_named, named
from portal.sandbox.operations import Call, operation
from portal.sandbox.pending_items import line_of_item, pending_items
from portal.sandbox.renewals import HOUR_S
from portal.sandbox.rows import Row
from portal.sandbox.tax_location import require_location
from portal.sandbox.tax_rates import rates_named
from portal.sandbox.views import shown

_KNOWN = frozenset(
    {"auto_advance", "automatic_tax", "collection_method", "currency", "customer"}
    | {"days_until_due", "default_payment_method", "default_tax_rates", "description"}
    | {"due_date", "expand", "footer", "metadata", "pending_invoice_items_behavior"}
    | {"subscription"}
)


@operation("POST", "/v1/invoices", "InvoiceCreateParams")
def create_invoice(call: Call) -> Row:
    """Draw up a draft: empty, or with what waits for the customer or a subscription."""
    call.only(_KNOWN)
    account, params = call.account, call.params
    customer = customer_named(account, params)
    row = keep_bill(account, _bill(account, customer, params))
    row["auto_advance"] = params.get("auto_advance", False)
    row["description"] = params.get("description") or None
    row["footer"] = params.get("footer") or None
    row["metadata"] = new_metadata(params)
    row["due_date"] = params.get("due_date", row["due_date"])
    if method := params.get("default_payment_method"):
        named(account, "payment_method", method, "default_payment_method")
        row["default_payment_method"] = method
    if row["auto_advance"]:
        row["automatically_finalizes_at"] = account.now() + HOUR_S
    emit(account, "invoice.created", row)
    return shown(account, row)


def _bill(account: Account, customer: Row, params: dict[str, Any]) -> Bill:
    subscription = None
    if "subscription" in params:
        subscription = named(account, "subscription", params["subscription"], "subscription")
    owned = subscription or customer
    currency = str(params.get("currency") or owned["currency"] or "usd").lower()
    sends = params.get("collection_method") == "send_invoice"
    if sends and not {"days_until_due", "due_date"} & params.keys():
        raise missing("days_until_due")
    automatic = bool((params.get("automatic_tax") or {}).get("enabled"))
    if automatic:
        require_location(customer)
    bill = Bill(
        customer, currency, [], "manual", account.now(), account.now(), subscription,
        automatic_tax=automatic,
        tax_rates=rates_named(account, params.get("default_tax_rates"), "default_tax_rates"),
        collection_method=params.get("collection_method", "charge_automatically"),
        days_until_due=params.get("days_until_due"),
    )  # fmt: skip
    _gather(account, bill, params)
    return bill


def _gather(account: Account, bill: Bill, params: dict[str, Any]) -> None:
    """Put on the draft what waits; a subscription's invoice has to have something."""
    of = bill.subscription
    if of is None and params.get("pending_invoice_items_behavior", "exclude") == "exclude":
        return
    whose = (None,) if of is None else (of["id"],)
    waiting = pending_items(account, bill.customer["id"], bill.currency, whose)
    if of is not None and not waiting:
        raise refused(
            "Nothing to invoice for subscription", code="invoice_no_subscription_line_items"
        )
    for item in waiting:
        line = line_of_item(account, item, automatic_tax=bill.automatic_tax)
        line.tax_rates = line.tax_rates or bill.tax_rates
        bill.lines.append(line)
