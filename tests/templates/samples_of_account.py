"""The pages of the account: what somebody has, and what was entered in their name."""

from __future__ import annotations

from tests.templates.samples_of_customers import TRIAL_ENDS, said_standing
from tests.templates.view import States, Values, Words


def account(words: Words) -> States:
    """The account on trial, with payments that failed, with several plans, and with none."""
    ada = {"name": words("Ada Lovelace"), "email": words("ada@example.com")}
    card = {"brand": words("Visa"), "last4": "4242", "exp": "12/2030"}
    signed_in: Values = {"signed_in": True, "signed_in_recently": True, "current": "account"}
    signed_in |= {"customer": ada, "card": card, "warning": None, "former": []}
    signed_in["withdraw_until"] = words("5 December 2026")
    signed_in["standing"] = said_standing(
        words, "No plan", "ok", "You have an account, and no plan."
    )
    trial = {"left": words("5 days left"), "ends": TRIAL_ENDS, "total": 14, "used": 9}
    sentence = "Your trial runs until 5 December 2026. Then your plan goes on for €12.00."
    on_trial = _plan(words, "Pro", said_standing(words, "Trial", "ok", sentence)) | {"trial": trial}
    yield "account", "account/account.html", signed_in | {"plans": [on_trial]}
    yield (
        "account-parts",
        "account/account.html",
        signed_in | {"plans": [_in_parts(words, on_trial)]},
    )
    late = said_standing(words, "Card declined", "bad", "Your card was declined and €12.00 is due.")
    asks = said_standing(words, "Confirm with your bank", "warn", "Your bank wants you to confirm.")
    owing = [
        _plan(words, "Pro", late) | {"to_pay": True},
        _plan(words, "Team", asks) | {"to_confirm": True},
    ]
    owing = [plan | {"next_charge": None} for plan in owing]
    soon = {"tone": "warn", "sentence": words("This card expires on 31 December 2030.")}
    nameless = {"customer": ada | {"name": ""}, "signed_in_recently": False, "warning": soon}
    ended = [{"name": words("Solo"), "ended": TRIAL_ENDS}, {"name": words("Old"), "ended": None}]
    both = nameless | {"plans": owing, "former": ended}
    yield "account-past-due", "account/account.html", signed_in | both
    here = signed_in | {"current": "account.payment"}
    yield "account-payment", "account/payment.html", here | both
    yield "account-payment-none", "account/payment.html", here | {"plans": [on_trial]}
    over = said_standing(words, "Ended", "bad", "Your plan ended on 5 December 2026.")
    gone = {"can_change": False, "is_over": True, "price": "", "next_charge": None}
    yield "account-over", "account/account.html", signed_in | {
        "plans": [_plan(words, "Pro", over) | gone], "withdraw_until": "",
    }  # fmt: skip
    yield "account-without-plan", "account/account.html", signed_in | {
        "plans": [], "card": None, "withdraw_until": "",
    }  # fmt: skip
    entered = [
        (words("Name"), words("Ada Lovelace")), (words("Organisation"), words("Engines Ltd")),
        (words("Tax ID"), words("GB123456789")), (words("Phone"), words("+44 20 7946 0958")),
        (words("Address"), words("12 St James’s Square, London, SW1Y 4JH, United Kingdom")),
    ]  # fmt: skip
    yield "account-check", "account/check.html", {"entered": entered, "signed_in": True}


def _plan(words: Words, name: str, standing: Values) -> Values:
    return {
        "name": words(name),
        "price": words("€12.00 a month"),
        "standing": standing,
        "trial": None,
        "next_charge": {"amount": words("€12.00"), "date": TRIAL_ENDS},
        "to_confirm": False,
        "can_change": True,
        "is_over": False,
        "to_pay": False,
        "parts": [],
        "is_metered": False,
    }


def _in_parts(words: Words, plan: Values) -> Values:
    used = "1,204 articles so far, €301.00, as of 5 December 2026, 09:30 UTC"
    rows = {"Quantity": "5 seats", "Add-ons": "Print edition (2 copies)", "Translations": used}
    said = [(words(label), words(text)) for label, text in rows.items()]
    return plan | {"parts": said, "is_metered": True, "trial": None}


def invoices(words: Words) -> States:
    """The list of invoices, one of them, none of them, and Stripe not answering."""
    own: Values = {"current": "account.invoices", "signed_in": True, "is_known": True}
    own |= {"is_first": True, "next_after": None, "invoices": []}
    back = words("€4.00 paid back on 5 December 2026")
    listed = [
        _invoice(words, "0003", "Payment failed", "bad") | {"is_open": True},
        _invoice(words, "0002", "Paid", "ok"),
        _invoice(words, "0004", "Partly paid back", "ok") | {"paid_back": [back, back]},
        _invoice(words, "0001", "Cancelled", "quiet"),
    ]
    some = own | {"invoices": listed, "next_after": "in_1", "is_first": False}
    yield "account-invoices", "account/invoices.html", some
    late = {"due": {"amount": 1200, "currency": "eur"}}
    yield "account-invoices-late", "account/invoices.html", some | late
    yield "account-invoices-none", "account/invoices.html", own
    yield "account-invoices-over", "account/invoices.html", own | {"is_first": False}
    yield "account-invoices-unknown", "account/invoices.html", own | {"is_known": False}
    line = {
        "about": words("1 × Pro (at €12.00 / month)"),
        "when": words("5 December 2026 – 5 January 2027"),
        "amount": words("€12.00"),
    }
    full = {
        "paid_at": TRIAL_ENDS,
        "billed_to": [words("Ada Lovelace"), words("12 St James’s Square"), words("London")],
        "tax_ids": [words("GB123456789")],
        "lines": [line, line],
        "has_more_lines": False,
        "sums": [
            _sum(words, "Total", is_all=True),
            _sum(words, "Paid"),
            _sum(words, "Paid back on 5 December 2026"),
        ],
        "has_pdf": True,
    }
    yield "account-invoice", "account/invoice.html", own | {"invoice": listed[1] | full}
    due = listed[0] | full | {"paid_at": None, "has_more_lines": True, "tax_ids": []}
    yield "account-invoice-due", "account/invoice.html", own | {"invoice": due}


def history(words: Words) -> States:
    """What happened, and nothing."""
    own: Values = {"current": "account.history", "signed_in": True, "is_first": True}
    at = words("5 December 2026, 09:00 UTC")
    told = ["Another payment method was chosen.", "Your trial began.", "You signed up."]
    entries = [{"sentence": words(one), "plan": words("Pro"), "at": at} for one in told]
    consents = [{"sentence": words("You agreed to the terms, version 1."), "at": at}]
    some = {"entries": entries, "consents": consents, "next_before": 7}
    yield "account-history", "account/history.html", own | some
    none: Values = {"entries": [], "consents": [], "next_before": None}
    yield "account-history-none", "account/history.html", own | none
    yield "account-history-over", "account/history.html", own | none | {"is_first": False}


def _invoice(words: Words, number: str, word: str, tone: str) -> Values:
    return {
        "id": f"in_{number}",
        "number": words(f"NWND-{number}"),
        "about": words("Renewal"),
        "made_at": TRIAL_ENDS,
        "total": words("€12.00"),
        "due": words("€12.00"),
        "standing": {"word": words(word), "tone": tone},
        "is_open": False,
        "paid_back": [],
    }


def _sum(words: Words, label: str, *, is_all: bool = False) -> Values:
    return {"label": words(label), "amount": words("€24.00"), "is_all": is_all}
