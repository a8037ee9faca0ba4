"""Credit notes on invoices that were paid: to the balance, elsewhere, or beside a refund."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.balance_transactions import move_balance
from portal.sandbox.changes import new_metadata
from portal.sandbox.errors import refused
from portal.sandbox.events import emit
from portal.sandbox.listing import listed, matching
from portal.sandbox.lookup import named
from portal.sandbox.operations import Call, operation
from portal.sandbox.rows import Row, copied, new_id
from portal.sandbox.views import list_of, shown

_KNOWN = {"invoice", "amount", "credit_amount", "out_of_band_amount", "refunds"} | {
    *("reason", "memo", "metadata", "expand"),
}
_OF_NO_CONCERN: Row = {
    "amount_shipping": 0,
    "customer_account": None,
    "customer_balance_transaction": None,
    "discount_amount": 0,
    "discount_amounts": [],
    "effective_at": None,
    "livemode": False,
    "pre_payment_amount": 0,
    "pretax_credit_amounts": [],
    "shipping_cost": None,
    "status": "issued",
    "subtotal_excluding_tax": None,
    "total_excluding_tax": None,
    "total_taxes": None,
    "type": "post_payment",
    "voided_at": None,
}


@operation("POST", "/v1/credit_notes", "CreditNoteCreateParams")
def create_credit_note(call: Call) -> Row:
    """Credit a paid invoice, or a part of it; how that goes back has to come to the same."""
    call.only(_KNOWN)
    account, params = call.account, call.params
    invoice = named(account, "invoice", params["invoice"], "invoice")
    account.follow(invoice)
    if invoice["status"] != "paid":
        raise refused("This sandbox credits only what was paid.", "invoice")
    ways = params.get("credit_amount", 0) + params.get("out_of_band_amount", 0)
    ways += sum(each["amount_refunded"] for each in params.get("refunds", []))
    amount = params.get("amount", ways)
    if amount < 1 or amount != ways:
        raise refused(
            "The sum of credit amount, refund amount and out of band amount must equal the credit"
            f" note amount ({amount})."
        )
    if amount > invoice["total"] - invoice["post_payment_credit_notes_amount"]:
        raise refused("The credit note is higher than what is left of the invoice.", "amount")
    note = account.add(_row(account, invoice, amount, call))
    account.edit("invoice", invoice["id"])["post_payment_credit_notes_amount"] += amount
    if credit := params.get("credit_amount", 0):
        _credit(account, note, credit)
    emit(account, "credit_note.created", note)
    return shown(account, note)


def _credit(account: Account, note: Row, amount: int) -> None:
    customer = account.kind("customer")[note["customer"]]
    about = {"credit_note": note["id"], "invoice": note["invoice"]}
    moved = move_balance(account, customer, -amount, "credit_note", note["currency"], **about)
    note["customer_balance_transaction"] = moved["id"]


def _row(account: Account, invoice: Row, amount: int, call: Call) -> Row:
    params, id = call.params, new_id("cn")
    number = len(account.kind("credit_note")) + 1
    return {
        "id": id,
        "object": "credit_note",
        **copied(_OF_NO_CONCERN),
        "amount": amount,
        "created": account.now(),
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "invoice": invoice["id"],
        "lines": list_of([], f"/v1/credit_notes/{id}/lines"),
        "memo": params.get("memo"),
        "metadata": new_metadata(params),
        "number": f"{invoice['number']}-CN-{number:02}",
        "out_of_band_amount": params.get("out_of_band_amount"),
        "pdf": f"{account.public_url}/credit_notes/{id}/pdf",
        "post_payment_amount": amount,
        "reason": params.get("reason"),
        "refunds": [
            {
                "amount_refunded": each["amount_refunded"],
                "payment_record_refund": None,
                "refund": each["refund"],
                "type": "refund",
            }
            for each in params.get("refunds", [])
        ],
        "subtotal": amount,
        "total": amount,
    }


@operation("GET", "/v1/credit_notes", "CreditNoteListParams")
def list_credit_notes(call: Call) -> Row:
    """List credit notes."""
    by = ("customer", "invoice")
    found = matching(call.account.kind("credit_note").values(), call.params, *by)
    return listed(call, found, "credit note", set(by))
