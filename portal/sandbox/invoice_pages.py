"""Hosted invoices: what is owed, paid by card, and confirmed with the bank."""

from __future__ import annotations

from portal.sandbox import hosted, hosted_cards, hosted_invoices
from portal.sandbox.account import Account
from portal.sandbox.card_saving import new_once, save_typed_card
from portal.sandbox.collecting import default_method
from portal.sandbox.errors import StripeError
from portal.sandbox.hosted_invoices import HostedInvoice, find_invoice
from portal.sandbox.invoice_lines import sums_of
from portal.sandbox.rendering import (
    Typed,
    money,
    not_found,
    page,
    read_query,
    read_typed,
    see_other,
)
from portal.sandbox.rows import Row
from portal.sandbox.wire import Answer, Request
from portal.sandbox.world import Sandbox

_PAYABLE = ("open", "uncollectible")


def answer(sandbox: Sandbox, request: Request, base: str, token: str, where: str) -> Answer:
    """Answer with a page of the invoice that the token opens."""
    found = find_invoice(sandbox, token)
    if found is None:
        return not_found(base)
    at = f"{base}/i/{token}"
    method = "GET" if request.method == "HEAD" else request.method
    if (method, where) == ("GET", ""):
        return _show(found, base, at)
    if (method, where) == ("GET", "pdf"):
        return page("paper.html", base, invoice=found.invoice, at=at, **sums_of(found))
    if (method, where) == ("POST", "pay"):
        return _pay(found, base, at, read_typed(request))
    if where == "bank" and method in ("GET", "POST"):
        return _bank(found, base, at, request)
    return not_found(base)


def _show(
    found: HostedInvoice,
    base: str,
    at: str,
    typed: Typed | None = None,
    problems: dict[str, str] | None = None,
) -> Answer:
    cards = [] if _is_gone(found) else hosted.customer_cards(found.account, found.customer["id"])
    row = found.account.kind("invoice")[found.invoice["id"]]
    default = None if _is_gone(found) else default_method(found.account, row)
    return page(
        "invoice.html",
        base,
        status=422 if problems else 200,
        at=at,
        invoice=found.invoice,
        is_payable=found.invoice["status"] in _PAYABLE and not _is_gone(found),
        waiting=_waiting(found.account, row),
        cards=sorted(cards, key=lambda card: not default or card["id"] != default["id"]),
        typed=typed or {"name": found.customer.get("name") or ""},
        problems=problems or {},
        once=new_once(),
        **sums_of(found),
    )


def _is_gone(found: HostedInvoice) -> bool:
    return bool(found.customer.get("deleted"))


def _waiting(account: Account, invoice: Row) -> str | None:
    """Name the card whose bank has asked and not been answered."""
    intent = account.get("payment_intent", invoice["_payment_intent"])
    is_asked = intent is not None and intent["status"] == "requires_action"
    return str(intent["payment_method"]) if intent and is_asked else None


def _pay(found: HostedInvoice, base: str, at: str, typed: Typed) -> Answer:
    if found.invoice["status"] not in _PAYABLE or _is_gone(found):
        return see_other(at)
    if "number" not in typed:
        return _charge(found, base, at, typed, typed.get("card", ""))
    saving = save_typed_card(found.account, found.customer, typed)
    if saving.status == "refused":
        return _show(found, base, at, typed, saving.problems)
    if saving.status == "bank":
        return see_other(f"{at}/bank?setup={saving.setup_intent}")
    return _charge(found, base, at, typed, saving.payment_method)


def _charge(found: HostedInvoice, base: str, at: str, typed: Typed, card: str) -> Answer:
    try:
        outcome = hosted_invoices.pay_invoice(found.account, found.invoice["id"], card)
    except StripeError as refusal:
        return _show(found, base, at, typed, _problem(typed, refusal))
    if outcome == "requires_action":
        return see_other(f"{at}/bank?card={card}")
    return see_other(at)


def _problem(typed: Typed, refusal: StripeError) -> dict[str, str]:
    return {"number" if "number" in typed else "": refusal.error["message"]}


def _bank(found: HostedInvoice, base: str, at: str, request: Request) -> Answer:
    """Ask what the bank asks, about a card of the customer or one just typed; then go on."""
    query = read_query(request)
    name = "setup" if "setup" in query else "card"
    id = query.get(name, "")
    row = found.account.get("setup_intent" if name == "setup" else "payment_method", id)
    if row is None or row["customer"] != found.customer["id"]:
        return not_found(base)
    if found.invoice["status"] not in _PAYABLE or row.get("status") == "requires_payment_method":
        return see_other(at)
    if request.method == "POST":
        agreed = read_typed(request).get("answer") == "complete"
        return _go_on(found, base, at, row, agreed=agreed)
    amount = money(found.invoice["amount_remaining"], found.invoice["currency"])
    return page("bank.html", base, action=f"{at}/bank?{name}={id}", amount=amount)


def _go_on(found: HostedInvoice, base: str, at: str, row: Row, *, agreed: bool) -> Answer:
    card = row["id"]
    try:
        if row["object"] == "setup_intent":
            card = row["payment_method"]
            if row["status"] == "requires_action":
                hosted_cards.answer_bank(found.account, row["id"], agreed=agreed)
        hosted_invoices.pay_invoice(found.account, found.invoice["id"], card or "", agreed=agreed)
    except StripeError as refusal:
        return _show(found, base, at, None, {"": refusal.error["message"]})
    return see_other(at)
