"""Draw an invoice up: from lines to the object Stripe shows."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.drafts import Bill, new_draft
from portal.sandbox.line_rows import line_of, line_row
from portal.sandbox.rows import Row, new_id
from portal.sandbox.totals import (
    Line,
    Totals,
    apply_discounts,
    apply_taxes,
    gathered_discounts,
    gathered_taxes,
    summed,
)
from portal.sandbox.views import list_of


def drawn(account: Account, bill: Bill, id: str | None = None) -> Row:
    """Draw a draft; it is the caller's to keep or to throw away."""
    invoice = new_draft(account, bill, id or new_id("in"))
    _draw(invoice, bill.lines, bill.discounts, bill.customer)
    return invoice


def redraw(account: Account, invoice: Row, lines: list[Line]) -> None:
    """Draw a kept draft anew, with these lines."""
    row = account.edit("invoice", invoice["id"])
    discounts = [(id, account.kind("discount")[id]["_coupon"]) for id in row["discounts"]]
    _draw(row, lines, discounts, account.kind("customer")[row["customer"]])


def lines_of(account: Account, invoice: Row) -> list[Line]:
    """Read the lines of a kept draft back."""
    return [line_of(account, row) for row in invoice["lines"]["data"]]


def _draw(invoice: Row, lines: list[Line], discounts: list[tuple[str, Row]], customer: Row) -> None:
    apply_discounts(lines, discounts, invoice["currency"])
    apply_taxes(lines, customer["tax_exempt"])
    invoice |= _sums(summed(lines), customer.get("balance", 0))
    invoice["total_taxes"] = gathered_taxes(lines)
    invoice["total_discount_amounts"] = gathered_discounts(lines)
    invoice["total_pretax_credit_amounts"] = [
        {**each, "type": "discount"} for each in invoice["total_discount_amounts"]
    ]
    invoice["lines"] = list_of(
        [line_row(line, invoice["id"], invoice["currency"]) for line in lines],
        f"/v1/invoices/{invoice['id']}/lines",
    )


def _sums(totals: Totals, balance: int) -> Row:
    """Sum up; the customer's balance is applied first, a credit being negative."""
    total = totals.total
    tax = totals.tax_exclusive + totals.tax_inclusive
    due = max(total + balance, 0)
    return {
        "amount_due": due,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": due,
        "amount_shipping": 0,
        "starting_balance": balance,
        "subtotal": totals.subtotal,
        "subtotal_excluding_tax": totals.subtotal - totals.tax_inclusive,
        "total": total,
        "total_excluding_tax": total - tax,
    }
