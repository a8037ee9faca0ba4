"""Choose the default among one's cards, and remove one, in the billing portal."""

from __future__ import annotations

from portal.sandbox import hosted, hosted_cards
from portal.sandbox.rendering import not_allowed, not_found
from portal.sandbox.visit import Visit
from portal.sandbox.wire import Answer

_FEATURE = "payment_method_update"


def use(visit: Visit, id: str) -> Answer:
    """Make a card the default."""
    if not visit.offers(_FEATURE):
        return visit.refused()
    if not _holds(visit, id):
        return not_found(visit.base)
    if not _is_default(visit, id):
        hosted_cards.make_default(visit.account, visit.customer["id"], id)
    return visit.home("default")


def remove(visit: Visit, id: str) -> Answer:
    """Remove a card; the default one stays while a plan may be charged to it."""
    if not visit.offers(_FEATURE):
        return visit.refused()
    if not _holds(visit, id):
        return not_found(visit.base)
    plans = hosted.customer_subscriptions(visit.account, visit.customer["id"])
    if plans and _is_default(visit, id):
        return not_allowed(visit.base, "Your plan is paid with this card. Add another one first.")
    hosted_cards.remove_card(visit.account, visit.customer["id"], id)
    return visit.home("removed")


def _holds(visit: Visit, id: str) -> bool:
    cards = hosted.customer_cards(visit.account, visit.customer["id"])
    return any(card["id"] == id for card in cards)


def _is_default(visit: Visit, id: str) -> bool:
    return bool(visit.customer["invoice_settings"]["default_payment_method"] == id)
