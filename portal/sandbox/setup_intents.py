"""Setup intents: save a card without charging it, asking the bank if the bank wants to be asked."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.cards import card_message
from portal.sandbox.changes import new_metadata, revising, take
from portal.sandbox.errors import StripeError, refused
from portal.sandbox.events import emit
from portal.sandbox.listing import listed, matching
from portal.sandbox.lookup import living_customer
from portal.sandbox.new_cards import card_of
from portal.sandbox.operations import Call, operation
from portal.sandbox.payment_methods import attach, find_method
from portal.sandbox.rows import Row, new_id
from portal.sandbox.views import shown


def new_setup_intent(account: Account, customer: str | None, usage: str = "off_session") -> Row:
    """Open a setup intent."""
    id = new_id("seti")
    row: Row = {
        "id": id,
        "object": "setup_intent",
        "application": None,
        "automatic_payment_methods": None,
        "cancellation_reason": None,
        "client_secret": f"{id}_secret_{new_id('', 25)[1:]}",
        "created": account.now(),
        "customer": customer,
        "customer_account": None,
        "description": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": usage,
    }
    account.add(row)
    emit(account, "setup_intent.created", row)
    return row


@operation("POST", "/v1/setup_intents", "SetupIntentCreateParams")
def create_setup_intent(call: Call) -> Row:
    """Open a setup intent, and confirm it if asked."""
    call.only(
        {"automatic_payment_methods", "confirm", "customer", "description", "expand", "metadata"}
        | {"payment_method", "payment_method_types", "return_url", "usage"}
    )
    account, params = call.account, call.params
    customer = params.get("customer")
    if customer:
        account.follow(living_customer(account, customer, "customer"))
    row = new_setup_intent(account, customer or None, params.get("usage", "off_session"))
    take(row, params, "description")
    row["metadata"] = new_metadata(params)
    if params.get("payment_method"):
        row["payment_method"] = _method(account, params)
        row["status"] = "requires_confirmation"
    if params.get("confirm"):
        _confirm(account, row, params)
    return shown(account, row)


@operation("POST", "/v1/setup_intents/{id}", "SetupIntentUpdateParams")
def update_setup_intent(call: Call) -> Row:
    """Change a setup intent that is not done: whose it is, its card, and its words."""
    call.only({"customer", "description", "expand", "metadata", "payment_method"})
    account, params = call.account, call.params
    row = call.row("setup_intent", "setupintent")
    if row["status"] in ("succeeded", "canceled") and {"customer", "payment_method"} & set(params):
        raise _not_now(row, "changed")
    changed = account.edit("setup_intent", row["id"])
    take(changed, params, "description")
    if params.get("customer"):
        changed["customer"] = living_customer(account, params["customer"], "customer")["id"]
    if params.get("payment_method"):
        changed |= {"payment_method": _method(account, params), "status": "requires_confirmation"}
    return shown(account, changed)


@operation("POST", "/v1/setup_intents/{id}/confirm", "SetupIntentConfirmParams")
def confirm_setup_intent(call: Call) -> Row:
    """Save the card, or say that the bank has to be asked."""
    call.only({"payment_method", "return_url", "expand"})
    call.row("setup_intent", "setupintent")
    row = call.account.edit("setup_intent", call.ids["id"])
    return shown(call.account, _confirm(call.account, row, call.params))


def _confirm(account: Account, row: Row, params: dict[str, Any]) -> Row:
    if params.get("payment_method"):
        row["payment_method"] = _method(account, params)
    if row["payment_method"] is None or row["status"] in ("succeeded", "canceled"):
        raise _not_now(row, "confirmed")
    return save_card(account, row, authenticated=False)


def _method(account: Account, params: dict[str, Any]) -> Any:
    return find_method(account, params["payment_method"], "payment_method")["id"]


def _not_now(row: Row, done: str) -> StripeError:
    return refused(
        f"This SetupIntent's status is {row['status']}; it cannot be {done} like this.",
        code="setup_intent_unexpected_state",
    )


def save_card(account: Account, row: Row, *, authenticated: bool) -> Row:
    """Attach the intent's card to its customer; `authenticated`: the bank has been asked.

    Raises:
        StripeError: 402, the bank refuses the card; that it failed stays written down.
    """
    method = account.kind("payment_method")[row["payment_method"]]
    card = card_of(method)
    if card.authentication != "never" and not authenticated:
        return _ask_bank(account, row)
    if card.refused:
        raise _declined(account, row, *card.refused)
    row["status"] = "succeeded"
    row["next_action"] = row["last_setup_error"] = None
    if row["customer"]:
        customer = account.kind("customer")[row["customer"]]
        attach(account, method, customer, authenticated=authenticated)
    emit(account, "setup_intent.succeeded", row)
    return row


def _ask_bank(account: Account, row: Row) -> Row:
    row["status"] = "requires_action"
    row["next_action"] = {
        "redirect_to_url": {"return_url": None, "url": f"{account.public_url}/p/authenticate"},
        "type": "redirect_to_url",
    }
    emit(account, "setup_intent.requires_action", row)
    return row


def _declined(account: Account, row: Row, code: str, decline_code: str | None) -> StripeError:
    """Write down that the bank refused the card, and say so."""
    message = card_message(code, decline_code)
    row["status"] = "requires_payment_method"
    row["payment_method"] = None
    row["last_setup_error"] = {
        "code": code,
        "decline_code": decline_code,
        "message": message,
        "type": "card_error",
    }
    emit(account, "setup_intent.setup_failed", row)
    refusal = StripeError(402, message, type="card_error", code=code)
    refusal.error["decline_code"] = decline_code
    refusal.stays = True
    return refusal


@operation("POST", "/v1/setup_intents/{id}/cancel", "SetupIntentCancelParams")
def cancel_setup_intent(call: Call) -> Row:
    """Give a setup intent up."""
    call.only({"cancellation_reason", "expand"})
    row = call.row("setup_intent", "setupintent")
    if row["status"] in ("succeeded", "canceled"):
        raise refused(
            f"You cannot cancel this SetupIntent because it has a status of {row['status']}.",
            code="setup_intent_unexpected_state",
        )
    with revising(call.account, "setup_intent", row["id"], "setup_intent.canceled") as changed:
        changed["status"] = "canceled"
        changed["cancellation_reason"] = call.params.get("cancellation_reason")
    return shown(call.account, changed)


@operation("GET", "/v1/setup_intents/{id}", "SetupIntentRetrieveParams")
def retrieve_setup_intent(call: Call) -> Row:
    """Give a setup intent."""
    return shown(call.account, call.row("setup_intent", "setupintent"))


@operation("GET", "/v1/setup_intents", "SetupIntentListParams")
def list_setup_intents(call: Call) -> Row:
    """List setup intents."""
    rows = call.account.kind("setup_intent").values()
    found = matching(rows, call.params, "customer", "payment_method")
    return listed(call, found, "setupintent", {"customer", "payment_method"})
