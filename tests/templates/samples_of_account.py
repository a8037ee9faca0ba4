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
    signed_in["standing"] = said_standing(
        words, "No plan", "ok", "You have an account, and no plan."
    )
    trial = {"left": words("5 days left"), "ends": TRIAL_ENDS, "total": 14, "used": 9}
    sentence = "Your trial runs until 5 December 2026. Then your plan goes on for €12.00."
    on_trial = _plan(words, "Pro", said_standing(words, "Trial", "ok", sentence)) | {"trial": trial}
    yield "account", "account/account.html", signed_in | {"plans": [on_trial]}
    late = said_standing(words, "Card declined", "bad", "Your card was declined and €12.00 is due.")
    asks = said_standing(words, "Confirm with your bank", "warn", "Your bank wants you to confirm.")
    owing = [_plan(words, "Pro", late), _plan(words, "Team", asks) | {"to_confirm": True}]
    owing = [plan | {"next_charge": None} for plan in owing]
    soon = {"tone": "warn", "sentence": words("This card expires on 31 December 2030.")}
    nameless = {"customer": ada | {"name": ""}, "signed_in_recently": False, "warning": soon}
    ended = [{"name": words("Solo"), "ended": TRIAL_ENDS}, {"name": words("Old"), "ended": None}]
    both = nameless | {"plans": owing, "former": ended}
    yield "account-past-due", "account/account.html", signed_in | both
    yield "account-without-plan", "account/account.html", signed_in | {"plans": [], "card": None}
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
    }
