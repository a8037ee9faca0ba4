"""What document 003 has somebody pay by, in our words: only what Stripe keeps."""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal.compat.chargebee_errors import NotConfigured, ParamWrong, PaymentRefused
from portal.compat.chargebee_models import (
    BillingAddress,
    Card,
    NewChargebeeCustomer,
    PaymentIntent,
    PaymentMethod,
)
from portal.compat.chargebee_places import address_of

_STRIPE = ("", "stripe")
_INTENT = re.compile(r"(pi|seti)_[A-Za-z0-9]{1,140}")
_TOKEN, _METHOD = re.compile(r"tok_[A-Za-z0-9_]{1,250}"), re.compile(r"pm_[A-Za-z0-9_]{1,250}")
_ONLY_STRIPE = "Only Stripe is set up here."
_OF_A_CARD = {
    "line1": "billing_addr1", "line2": "billing_addr2", "city": "billing_city",
    "state_code": "billing_state_code", "state": "billing_state", "zip": "billing_zip",
    "country": "billing_country",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PaysBy:
    """A method (pm_…), a card's token (tok_…), or what was confirmed before (pi_…, seti_…)."""

    method: str = ""
    intent: str = ""


def pays_by(given: NewChargebeeCustomer) -> PaysBy:
    """Return what somebody is to pay by; of several ways the first of the document counts.

    Raises:
        NotConfigured: another gateway than Stripe, or another kind than a card.
        ParamWrong, PaymentRefused: what is none of Stripe's.
    """
    by_intent = _intent(given.payment_intent) if given.payment_intent else ""
    by_card = _token(given.card) if given.card else ""
    by_method = _method(given.payment_method) if given.payment_method else ""
    return PaysBy("" if by_intent else by_card or by_method, by_intent)


def _intent(given: PaymentIntent) -> str:
    if given.reference_id:
        raise NotConfigured("payment_intent[reference_id]", _ONLY_STRIPE)
    if (given.gateway_account_id or "") not in _STRIPE:
        raise NotConfigured("payment_intent[gateway_account_id]", _ONLY_STRIPE)
    named = given.id or given.gw_token or ""
    if named and not _INTENT.fullmatch(named):
        param = "payment_intent[id]" if given.id else "payment_intent[gw_token]"
        sentence = "Send a payment intent (pi_…) or a setup intent (seti_…) of Stripe's."
        raise PaymentRefused(param, sentence, "payment_intent_invalid")
    return named


def _token(given: Card) -> str:
    if (given.gateway or "") not in _STRIPE:
        raise NotConfigured("card[gateway]", _ONLY_STRIPE)
    _check_place(given)
    token = given.tmp_token or ""
    if token and not _TOKEN.fullmatch(token):
        raise NotConfigured("card[tmp_token]", "Send a token of Stripe's (tok_…).")
    return token


def _check_place(given: Card) -> None:
    """See that a card's own address is one of its country's."""
    told = {ours: getattr(given, theirs) for ours, theirs in _OF_A_CARD.items()}
    try:
        address_of(BillingAddress.model_construct(**told), "card")
    except ParamWrong as wrong:
        part = wrong.param.removeprefix("card[").rstrip("]")
        raise ParamWrong(f"card[{_OF_A_CARD[part]}]", wrong.sentence) from wrong


def _method(given: PaymentMethod) -> str:
    if (given.type or "card") != "card":
        raise NotConfigured("payment_method[type]", "Only cards are set up here.")
    if (given.gateway or "") not in _STRIPE:
        raise NotConfigured("payment_method[gateway]", _ONLY_STRIPE)
    method = given.reference_id or ""
    if method and not _METHOD.fullmatch(method):
        sentence = "Send a payment method of Stripe's (pm_…)."
        param, code = "payment_method[reference_id]", "payment_method_verification_failed"
        raise PaymentRefused(param, sentence, code)
    return method
