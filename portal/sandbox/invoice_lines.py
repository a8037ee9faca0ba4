"""An invoice's lines and sums in words."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.hosted_invoices import HostedInvoice
from portal.sandbox.rendering import date, money
from portal.sandbox.rows import Row


def sums_of(found: HostedInvoice) -> dict[str, Any]:
    """Give `lines` (what, when, amount) and `sums` (what, amount) for the page."""
    invoice, currency = found.invoice, found.invoice["currency"]
    sums = [("Subtotal", money(invoice["subtotal"], currency))]
    for each in invoice["total_discount_amounts"]:
        sums.append(("Discount", "−" + money(each["amount"], currency)))
    sums += [_tax(found.account, each, currency) for each in invoice["total_taxes"]]
    sums.append(("Total", money(invoice["total"], currency)))
    if invoice["amount_paid"]:
        sums.append(("Paid", money(invoice["amount_paid"], currency)))
    sums.append(("Amount due", money(invoice["amount_remaining"], currency)))
    return {"lines": [_line(each) for each in invoice["lines"]["data"]], "sums": sums}


def _line(line: Row) -> tuple[str, str, str]:
    period = line["period"]
    when = f"{date(period['start'])} – {date(period['end'])}"
    return line["description"] or "", when, money(line["amount"], line["currency"])


def _tax(account: Account, tax: Row, currency: str) -> tuple[str, str]:
    rate = account.get("tax_rate", (tax["tax_rate_details"] or {}).get("tax_rate"))
    name = f"{rate['display_name']} {rate['percentage']:g} %" if rate else "Tax"
    included = ", included" if tax["tax_behavior"] == "inclusive" else ""
    return name + included, money(tax["amount"], currency)
