"""Invoices in the reader's words: what each was for, and how it stands."""

from __future__ import annotations

from typing import Any

from portal.amounts import money, written_date
from portal.billing.billed_invoices import InvoiceInFull, InvoiceLine, ListedInvoice
from portal.billing.billed_money import PaidBack
from portal.words import translations


def listed_shown(invoice: ListedInvoice, locale: str) -> dict[str, Any]:
    """Make an invoice ready for a list."""
    word, tone = _standing(invoice, locale)
    return {
        "id": invoice.stripe_id,
        "number": invoice.number or invoice.stripe_id,
        "about": _reason(invoice, locale),
        "made_at": invoice.made_at,
        "total": money(invoice.total, invoice.currency, locale),
        "due": money(invoice.amount_due, invoice.currency, locale),
        "standing": {"word": word, "tone": tone},
        "paid_back": [_paid_back(one, invoice.currency, locale) for one in invoice.paid_back],
        "is_open": invoice.status == "open" and invoice.amount_due > 0,
    }


def invoice_shown(invoice: InvoiceInFull, locale: str) -> dict[str, Any]:
    """Make an invoice ready to be read in full and printed."""
    return listed_shown(invoice.listed, locale) | {
        "paid_at": invoice.paid_at,
        "billed_to": [*invoice.billed_to, *invoice.address],
        "tax_ids": invoice.tax_ids,
        "lines": [_line(line, invoice.listed.currency, locale) for line in invoice.lines],
        "has_more_lines": invoice.has_more_lines,
        "sums": _sums(invoice, locale),
        "has_pdf": bool(invoice.pdf),
    }


def _standing(invoice: ListedInvoice, locale: str) -> tuple[str, str]:
    _ = translations(locale).gettext
    match invoice.status:
        case "paid":
            return _paid(invoice, locale), "quiet" if _is_paid_back(invoice) else "ok"
        case "open":
            return (_("Payment failed"), "bad") if invoice.was_tried else (_("Due"), "warn")
        case "void":
            return _("Cancelled"), "quiet"
        case "uncollectible":
            return _("Not paid"), "bad"
    return _("One moment"), "quiet"


def _paid(invoice: ListedInvoice, locale: str) -> str:
    _ = translations(locale).gettext
    if _is_paid_back(invoice):
        return _("Paid back")
    if invoice.paid_back:
        return _("Partly paid back")
    return _("Paid") if invoice.total > 0 else _("Nothing due")


def _is_paid_back(invoice: ListedInvoice) -> bool:
    """Tell whether everything that was paid went back."""
    back = sum(one.amount for one in invoice.paid_back)
    return bool(back) and back >= invoice.amount_paid


def _paid_back(back: PaidBack, currency: str, locale: str) -> str:
    said = translations(locale).gettext("{amount} paid back on {date}")
    written = money(back.amount, currency, locale)
    return said.format(amount=written, date=written_date(back.at, locale))


def _reason(invoice: ListedInvoice, locale: str) -> str:
    _ = translations(locale).gettext
    match invoice.reason:
        case "subscription_create":
            return _("Start of your plan")
        case "subscription_cycle":
            return _("Renewal")
        case "subscription_update" | "subscription":
            return _("Change of your plan")
        case "subscription_threshold":
            return _("Usage")
    return _("Single invoice")


def _line(line: InvoiceLine, currency: str, locale: str) -> dict[str, str]:
    begins, ends = (when and written_date(when, locale) for when in (line.begins_at, line.ends_at))
    when = f"{begins} – {ends}" if begins and ends and begins != ends else begins or ""
    return {"about": line.description, "when": when, "amount": money(line.amount, currency, locale)}


def _sums(invoice: InvoiceInFull, locale: str) -> list[dict[str, Any]]:
    _, listed = translations(locale).gettext, invoice.listed
    sums = [(_("Subtotal"), invoice.subtotal)] if invoice.subtotal != listed.total else []
    if invoice.discount:
        sums.append((_("Discount"), -invoice.discount))
    for amount, is_included in invoice.taxes:
        sums.append((_("Tax, included") if is_included else _("Tax"), amount))
    total = len(sums)
    sums.append((_("Total"), listed.total))
    if listed.amount_paid:
        sums.append((_("Paid"), listed.amount_paid))
    for back in listed.paid_back:
        label = _("Paid back on {date}").format(date=written_date(back.at, locale))
        sums.append((label, -back.amount))
    if listed.amount_due and listed.status == "open":
        sums.append((_("Still due"), listed.amount_due))
    return [
        {"label": label, "amount": money(amount, listed.currency, locale), "is_all": at == total}
        for at, (label, amount) in enumerate(sums)
    ]
