"""A customer's own details, as they change them."""

from __future__ import annotations

from tests.templates.samples_of_signup import empty_form, with_mistakes_form
from tests.templates.view import States, Values, Words

_ASKED = ("typed", "errors", "warnings", "address", "countries", "fields", "tax_id_on")


def details(words: Words) -> States:
    """The details as they are, just saved, and with mistakes."""
    form = _asked(empty_form(words)) | {"is_saved": False, "signed_in": True}
    form["current"] = "account.details"
    wrong = _asked(with_mistakes_form(words))
    wrong["errors"] = {name: wrong["errors"][name] for name in ("first_name", "postal_code")}
    yield "details", "account/details.html", form
    yield "details-saved", "account/details.html", form | {"is_saved": True}
    yield "details-errors", "account/details.html", form | wrong


def _asked(form: Values) -> Values:
    return {name: form[name] for name in _ASKED}
