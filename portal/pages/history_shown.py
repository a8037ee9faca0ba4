"""What happened to a customer in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.amounts import written_moment
from portal.customers.consents import EMAIL_MARKETING, TELEMARKETING, TERMS, Answer
from portal.customers.follow import ACTOR
from portal.errors import Problem
from portal.subscriptions.history import Entry
from portal.web.languages import say

# By the action in the audit trail. What is not named here is no news to a customer.
SENTENCES = {
    action: Problem(action, sentence)
    for action, sentence in {
        "customer.signed_up": "You signed up.",
        "customer.signed_in": "You signed in.",
        "customer.email_verified": "You showed that your email address is yours.",
        "customer.email_changed": "You changed the email address you sign in with.",
        "customer.email_change_undone": "The change of your email address was undone.",
        "customer.billing_email_changed": "You changed where your invoices are sent.",
        "customer.details_changed": "You changed your details: {fields}.",
        "customer.details_cleared": "You cleared the details that were entered before you came.",
        "customer.preferences_changed": "You changed your preferences: {fields}.",
        "customer.shipping_changed": "You changed your delivery address.",
        "customer.data_downloaded": "You downloaded your data.",
        "customer.erasure_asked": "You asked to have your account erased.",
        "customer.deleted": "Your account was deleted.",
        "customer.erasure_taken_back": "You chose to keep your account.",
        "customer.sign_up_expired": "Your sign-up was about to be removed, not being confirmed.",
        "customer.password_set": "You set a password.",
        "customer.password_changed": "You changed your password.",
        "customer.password_removed": "You removed your password.",
        "customer.passkey_added": "You added a passkey.",
        "customer.passkey_removed": "You removed a passkey.",
        "customer.plan_granted": "A plan of your own was put on offer to you.",
        "customer.plan_revoked": "A plan of your own is no longer on offer to you.",
        "session.ended": "You signed out another browser.",
        "session.others_ended": "You signed out all other browsers.",
        "subscription.begin_asked": "You chose a plan.",
        "subscription.cancel_asked": "You cancelled your plan.",
        "subscription.withdraw_asked": "You withdrew from your contract.",
        "subscription.withdraw_refused": "Your plan could not end by itself. We do it by hand.",
        "payment.refunded": "What you paid was given back.",
        "payment.refund_refused": "What you paid could not go back by itself. We do it by hand.",
        "payment.refund_bounced": "A payment back to you did not arrive. We do it by hand.",
        "payment.refund_waits": "A payment back to you waits to be told where to go.",
        "invoice.void_refused": "An invoice could not be taken back by itself. We do it by hand.",
        "credit.put_back": "The credit that your plan had used up is yours again.",
        "subscription.keep_asked": "You took your cancellation back.",
        "subscription.switch_asked": "You changed your plan.",
        "subscription.plan_asked": "You chose another plan for the next period.",
        "subscription.stay_asked": "You chose to stay on your plan.",
        "subscription.pause_asked": "You paused your plan.",
        "subscription.resume_asked": "You took your plan up again.",
        "subscription.adopted": "Your plan was found at the payment service.",
        "subscription.trialing": "Your trial began.",
        "subscription.active": "Your plan became active.",
        "subscription.incomplete": "Your plan waited for its first payment.",
        "subscription.incomplete_expired": "The first payment did not come in time.",
        "subscription.past_due": "A payment failed. It is tried again.",
        "subscription.unpaid": "A payment failed for the last time.",
        "subscription.paused": "Your plan paused.",
        "subscription.canceled": "Your plan ended.",
        "subscription.plan_changed": "Your plan became another one.",
        "subscription.parts_changed": "The quantity or the add-ons of your plan changed.",
        "subscription.ending": "Your plan was set to end.",
        "subscription.going_on": "Your plan was set to go on.",
        "payment_method.added": "A payment method was added.",
        "payment_method.changed": "Another payment method was chosen.",
        "payment_method.removed": "The payment method was removed.",
        "payment_method.held": "Several cards were refused, so none could be added for a day.",
        "billing.closed": "Your billing account was closed.",
    }.items()
}

_BY_STRIPE = Problem("details_came_back", "Your details were changed with your billing: {fields}.")

_BY_SELLER = {
    f"subscription.{kind}_asked": Problem(f"{kind}_by_seller", sentence)
    for kind, sentence in {
        "begin": "A plan was chosen for you.",
        "cancel": "Your plan was cancelled for you.",
        "keep": "The cancellation of your plan was taken back for you.",
        "switch": "Your plan was changed for you.",
        "plan": "Another plan was chosen for you for the next period.",
        "pause": "Your plan was paused for you.",
        "resume": "Your plan was taken up again for you.",
    }.items()
} | {
    f"customer.{kind}": Problem(f"{kind}_by_seller", sentence)
    for kind, sentence in {
        "signed_up": "You were signed up.",
        "details_changed": "Your details were changed for you: {fields}.",
        "preferences_changed": "Your preferences were changed for you: {fields}.",
        "billing_email_changed": "The address for your invoices was changed for you.",
        "shipping_changed": "Your delivery address was changed for you.",
    }.items()
}
"""What the seller asked for, by a program with a key of theirs."""

_FIELDS = {
    "first_name": "name",
    "last_name": "name",
    "organisation": "organisation",
    "phone": "phone",
    "tax_id": "tax ID",
    "email": "email",
    "locale": "language",
    "language": "language",
    "time_zone": "time zone",
    "billing_email": "where invoices are sent",
    "phone_e164": "phone",
    "tax_id_type": "tax ID",
    "avatar": "picture",
    "name": "name",
    "title": "title",
    "salutation": "salutation",
    "username": "user name",
    "locales": "language",
    "invoice_notes": "notes on invoices",
    "billing_contact": "who invoices are made out to",
    "payment_method": "payment method",
    "password": "password",
    "email_marketing": "news by email",
    "telemarketing": "calls",
}  # fmt: skip
_ADDRESS = ("line1", "line2", "line3", "city", "state", "postal_code", "country")

_CONSENTS = {
    (TERMS, True): Problem("terms_given", "You agreed to the terms, version {version}."),
    (TERMS, False): Problem("terms_taken", "You no longer agree to the terms."),
    (EMAIL_MARKETING, True): Problem("mail_given", "You asked for news by email."),
    (EMAIL_MARKETING, False): Problem("mail_taken", "You want no news by email."),
    (TELEMARKETING, True): Problem("calls_given", "You agreed to be called."),
    (TELEMARKETING, False): Problem("calls_taken", "You do not want to be called."),
}


def entry_shown(entry: Entry, locale: str) -> dict[str, Any]:
    """Say what happened, and when."""
    known = SENTENCES[entry.action]
    if entry.action == "customer.details_changed" and entry.actor == ACTOR:
        known = _BY_STRIPE
    elif entry.actor != "customer":
        known = _BY_SELLER.get(entry.action, known)
    values = {"fields": _fields(entry.fields, locale)} if "{fields}" in known.sentence else {}
    sentence = say(Problem(known.code, known.sentence, values), locale)
    return {"sentence": sentence, "plan": entry.plan, "at": written_moment(entry.at, locale)}


def consents_shown(answers: Mapping[str, Answer], locale: str) -> list[dict[str, str]]:
    """Say what a customer agreed to or refused last, and when; the latest first."""
    known = [
        (answer, sentence)
        for kind, answer in answers.items()
        if (sentence := _CONSENTS.get((kind, answer.given)))
    ]
    return [
        {
            "sentence": say(
                Problem(sentence.code, sentence.sentence, {"version": answer.text_version}), locale
            ),
            "at": written_moment(answer.at, locale),
        }
        for answer, sentence in sorted(known, key=lambda pair: pair[0].at, reverse=True)
    ]


def _fields(names: tuple[str, ...], locale: str) -> str:
    named = [_named(name) for name in names]
    said = [say(Problem(name, name), locale) for name in dict.fromkeys(named) if name]
    return ", ".join(said) or say(Problem("some", "some of them"), locale)


def _named(name: str) -> str:
    if name.startswith("shipping"):
        return "delivery address"
    return "address" if name in _ADDRESS else _FIELDS.get(name, "")
