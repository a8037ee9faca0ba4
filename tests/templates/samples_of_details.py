"""A customer's own details, as they change them."""

from __future__ import annotations

from tests.templates.samples_of_signup import empty_form, with_mistakes_form
from tests.templates.view import States, Values, Words, problem

_ASKED = ("typed", "errors", "warnings", "address", "countries", "fields", "tax_id_on")


def details(words: Words) -> States:
    """The details as they are, just saved, and with mistakes."""
    form = _asked(empty_form(words)) | {"is_saved": False, "signed_in": True, "avatar": ""}
    form |= {"current": "account.details", "tax_id_on": False}
    wrong = _asked(with_mistakes_form(words)) | {"tax_id_on": False}
    wrong["errors"] = {name: wrong["errors"][name] for name in ("first_name", "postal_code")}
    yield "details", "account/details.html", form
    yield "details-saved", "account/details.html", form | {"is_saved": True, "avatar": "0ada"}
    yield "details-errors", "account/details.html", form | wrong
    yield from _picture(words)
    yield from _shipping(words, form, wrong)
    yield from _tax_ids(words, form)
    yield from _email(words)
    yield from _preferences(words)


def _tax_ids(words: Words, form: Values) -> States:
    bare = form | {"tax_ids": [], "changed": None, "can_add": True, "most": 5, "warnings": {}}
    note = "The tax office does not know it, or has another name for it. Check it."
    states = [("Verified", "ok", ""), ("Not verified", "warn", note), ("Being added", "quiet", "")]
    some = [
        {
            "id": f"ctax_{number}",
            "value": words(f"DE12345678{number}"),
            "word": words(word),
            "tone": tone,
            "note": words(said),
        }
        for number, (word, tone, said) in enumerate(states)
    ]
    changed = {"tax_ids": some, "changed": some[0]}
    typed = {"country": "DE", "tax_id": words("12")}
    wrong = {"tax_id": problem(words, "Enter a VAT number like DE123456789, or leave it empty.")}
    yield "tax-ids-none", "account/tax_ids.html", bare
    yield "tax-ids", "account/tax_ids.html", bare | {"tax_ids": some, "is_saved": True}
    yield "tax-ids-full", "account/tax_ids.html", bare | {"tax_ids": some, "can_add": False}
    yield "tax-ids-change", "account/tax_ids.html", bare | changed | {"typed": typed}
    yield "tax-ids-errors", "account/tax_ids.html", bare | {"typed": typed, "errors": wrong}


def _shipping(words: Words, form: Values, wrong: Values) -> States:
    bare = form | {"is_set": False}
    sent = {"is_set": True, "typed": form["typed"] | {"recipient": words("Ada Lovelace")}}
    missing = problem(words, "Enter the name of whoever receives it.")
    errors = {"recipient": missing, "postal_code": wrong["errors"]["postal_code"]}
    yield "shipping", "account/shipping.html", bare
    yield "shipping-set", "account/shipping.html", bare | sent
    yield "shipping-errors", "account/shipping.html", bare | {"errors": errors}


def _picture(words: Words) -> States:
    bare: Values = {
        "current": "account.details", "signed_in": True, "avatar": "", "errors": {},
        "is_saved": False,
    }  # fmt: skip
    wide = "Choose a square picture, or cut this one: it has 640 by 480 pixels."
    yield "picture", "account/picture.html", bare
    yield "picture-set", "account/picture.html", bare | {"avatar": "0ada", "is_saved": True}
    wrong = {"picture": problem(words, wide)}
    yield "picture-errors", "account/picture.html", bare | {"errors": wrong}


def _email(words: Words) -> States:
    same = problem(words, "You sign in with this address already. Enter the new one.")
    quiet: Values = {
        "current": "account.details", "signed_in": True, "customer_email": words("ada@example.com"),
        "typed": {}, "errors": {}, "waiting": "", "signed_in_recently": True, "is_saved": False,
    }  # fmt: skip
    waits = {"waiting": words("ada@lovelace.example"), "signed_in_recently": False}
    yield "email", "account/email.html", quiet
    yield "email-waiting", "account/email.html", quiet | waits
    wrong = {"typed": {"email": words("ada@example.com")}, "errors": {"email": same}}
    yield "email-errors", "account/email.html", quiet | wrong
    for state in ("confirm", "undo", "undone", "elsewhere", "taken", "spent", "late"):
        context = {"state": state, "email": words("ada@lovelace.example"), "days": 7}
        yield f"email-link-{state}", "account/email_link.html", context


def _preferences(words: Words) -> States:
    said = words("You said yes on 5 December 2026, 14:05 CET.")
    form: Values = {
        "current": "account.details", "signed_in": True, "errors": {}, "is_saved": False,
        "typed": {"locale": "en", "time_zone": "Europe/Berlin", "email_marketing": "on"},
        "languages": [("en", words("English")), ("de", words("Deutsch"))],
        "time_zones": [("Europe/Berlin", words("Europe/Berlin"))],
        "questions": ("email_marketing", "telemarketing"),
        "said": {"email_marketing": said, "telemarketing": said},
        "terms": words("You agreed to the terms (version 1) on 5 December 2026, 14:05 CET."),
    }  # fmt: skip
    asked_less = {"questions": ("email_marketing",), "said": {}, "terms": "", "typed": {}}
    wrong = {"errors": {"locale": problem(words, "Choose a language from the list.")}}
    yield "preferences", "account/preferences.html", form
    yield "preferences-errors", "account/preferences.html", form | asked_less | wrong


def _asked(form: Values) -> Values:
    return {name: form[name] for name in _ASKED}
