"""Which of a customer's details Stripe does not take: functions of what it says."""

from __future__ import annotations

from collections.abc import Iterable

from portal.errors import Refused

_FIELD_OF_REASON = {"customer_tax_location_invalid": "line1", "email_invalid": "email"}
_FIELD_OF_PARAM = {
    "email": "email",
    "phone": "phone",
    "name": "last_name",
    "business_name": "organisation",
    "address[line1]": "line1",
    "address[line2]": "line2",
    "address[city]": "city",
    "address[state]": "state",
    "address[postal_code]": "postal_code",
    "address[country]": "country",
    "address": "line1",
    "shipping": "shipping",
}
OUR_MISTAKES = ("parameter_unknown", "parameter_missing")


def detail_of(refusal: Refused) -> str | None:
    """Return the field of the details that was refused; None when it is not theirs to mend."""
    if refusal.reason in OUR_MISTAKES:
        return None
    if refusal.reason in _FIELD_OF_REASON:
        return _FIELD_OF_REASON[refusal.reason]
    param = refusal.param or ""
    return _FIELD_OF_PARAM.get(param) or _FIELD_OF_PARAM.get(param.partition("[")[0])


def details_in(params: Iterable[str]) -> tuple[str, ...]:
    """Return the fields that these parameters speak of, so that a success takes their flag off."""
    named = set(params)
    found = (field for param, field in _FIELD_OF_PARAM.items() if param.partition("[")[0] in named)
    return tuple(dict.fromkeys(found))


def is_about_tax_id(refusal: Refused) -> bool:
    """Tell whether it is the tax id that Stripe does not take, with the customer or by itself."""
    param = refusal.param or ""
    is_named = param.startswith("tax_id_data") or param in ("type", "value")
    return is_named or refusal.reason == "tax_id_invalid"
