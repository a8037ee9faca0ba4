"""Add a card in the billing portal, and the page on which the bank asks."""

from __future__ import annotations

from portal.sandbox import hosted_cards
from portal.sandbox.card_saving import new_once, save_typed_card
from portal.sandbox.errors import StripeError
from portal.sandbox.rendering import Typed, not_found, read_query, read_typed, see_other
from portal.sandbox.rows import Row
from portal.sandbox.visit import Visit
from portal.sandbox.wire import Answer

_FLOW = "payment_method_update"


def show_form(visit: Visit, id: str) -> Answer:
    """Show the form for a new card."""
    if not visit.offers(_FLOW):
        return visit.refused()
    purpose = "flow" if visit.flow == _FLOW else "default"
    return _form(visit, {"name": visit.customer["name"] or "", "purpose": purpose}, {})


def _form(visit: Visit, typed: Typed, problems: dict[str, str]) -> Answer:
    status = 422 if problems else 200
    return visit.page("card.html", status=status, typed=typed, problems=problems, once=new_once())


def save(visit: Visit, id: str) -> Answer:
    """Save a card, or lead to its bank's question."""
    if not visit.offers(_FLOW):
        return visit.refused()
    typed = read_typed(visit.request)
    saving = save_typed_card(visit.account, visit.customer, typed)
    if saving.status == "refused":
        return _form(visit, typed, saving.problems)
    purpose = _purpose(visit, typed)
    if saving.status == "bank":
        return see_other(f"{visit.at}/bank/{saving.setup_intent}?purpose={purpose}")
    return _saved(visit, saving.payment_method, purpose)


def _purpose(visit: Visit, typed: Typed) -> str:
    """Tell what the card is for: the session's flow, to be the default, or just to be kept."""
    purpose = typed.get("purpose")
    if purpose == "flow" and visit.is_for(_FLOW):
        return "flow"
    return "default" if purpose in ("flow", "default") else "keep"


def _saved(visit: Visit, card: str, purpose: str) -> Answer:
    if purpose != "keep":
        _use(visit, card)
    return visit.end_flow("card") if purpose == "flow" else visit.home("card")


def _use(visit: Visit, card: str) -> None:
    """Make a card the default; a form that was sent twice changes nothing the second time."""
    settings = visit.account.kind("customer")[visit.customer["id"]]["invoice_settings"]
    held = visit.account.kind("payment_method")[card]["customer"] == visit.customer["id"]
    if held and settings["default_payment_method"] != card:
        hosted_cards.make_default(visit.account, visit.customer["id"], card)


def show_bank(visit: Visit, id: str) -> Answer:
    """Show the bank's question about a new card."""
    intent = _intent(visit, id)
    if intent is None or not visit.offers(_FLOW):
        return not_found(visit.base)
    if intent["status"] != "requires_action":
        return see_other(visit.at)
    purpose = _purpose(visit, read_query(visit.request))
    action = f"{visit.at}/bank/{id}?purpose={purpose}"
    return visit.page("bank.html", action=action, amount=None)


def _intent(visit: Visit, id: str) -> Row | None:
    intent = visit.account.get("setup_intent", id)
    return intent if intent and intent["customer"] == visit.customer["id"] else None


def answer_bank(visit: Visit, id: str) -> Answer:
    """Go on with what the person answered the bank."""
    intent = _intent(visit, id)
    if intent is None or not visit.offers(_FLOW):
        return not_found(visit.base)
    purpose = _purpose(visit, read_query(visit.request))
    if intent["status"] == "succeeded":
        return _saved(visit, intent["payment_method"], purpose)
    if intent["status"] != "requires_action":
        return see_other(f"{visit.at}/card")
    agreed = read_typed(visit.request).get("answer") == "complete"
    try:
        card = hosted_cards.answer_bank(visit.account, id, agreed=agreed).payment_method
    except StripeError as refusal:
        typed = {"name": visit.customer["name"] or "", "purpose": purpose}
        return _form(visit, typed, {"number": refusal.error["message"]})
    return _saved(visit, card, purpose)
