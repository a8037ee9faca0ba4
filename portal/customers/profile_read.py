"""What programs tell of a customer, checked: values in, a profile or every problem out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from portal.customers.email import InvalidEmail, normalize_email
from portal.customers.metadata import check_metadata
from portal.customers.profile import Profile
from portal.customers.text import clean, has_hidden
from portal.errors import InvalidDetails, Problem

_LONGEST = {
    "external_id": 255, "name": 256, "display_name": 100, "username": 100, "title": 255,
    "salutation": 255, "created_from_ip": 50, "invoice_notes": 2000,
}  # fmt: skip
_TOO_LONG = Problem("too_long", "{name} may have at most {most} characters.")
_HIDDEN = Problem("invalid", "{name} may have no hidden characters.")
_USERNAME = Problem("username_invalid", "username takes letters, digits, - and _ alone.")
_ZONE = Problem("time_zone_invalid", "time_zone is a zone such as Europe/Berlin.")
_EXEMPT = Problem("tax_exempt_invalid", "tax_exempt is none, exempt or reverse.")
_LOCALES = Problem("locales_invalid", "locales are language tags such as en or de-AT.")
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_EMPTY: Mapping[str, Any] = {
    "external_id": None, "auto_collection": True, "allow_direct_debit": False, "imported": False,
    "email_hard_bounced": False, "tax_exempt": "none", "locales": (), "metadata": {},
    "stripe_settings": {},
}  # fmt: skip


def read_profile(given: Mapping[str, Any]) -> Profile:
    """Read what was passed, by the profile's names; None clears what it stands for.

    Of metadata and stripe_settings what is passed is only put over what there is: what they come
    to then is checked where that is known.

    Raises:
        InvalidDetails: every problem at once.
    """
    problems: dict[str, Problem] = {}
    read: dict[str, Any] = {}
    for name, value in given.items():
        read[name] = _cleared(name) if value is None else _plain(name, value)
        if problem := _problem(name, read[name]):
            problems[name] = problem
    if problems:
        raise InvalidDetails(problems)
    if "external_id" in read:
        read["external_id"] = read["external_id"] or None
    return Profile(**read)


def _cleared(name: str) -> Any:
    return _EMPTY.get(name, "")


def _plain(name: str, value: Any) -> Any:
    if name == "locales":
        return tuple(value)
    if name == "invoice_notes" or not isinstance(value, str):
        return value
    return clean(value)


def _problem(name: str, value: Any) -> Problem | None:
    if name in _LONGEST and value:
        return _of_text(name, value)
    if name == "billing_email" and value:
        try:
            normalize_email(value)
        except InvalidEmail as invalid:
            return invalid.problem
    if name == "time_zone" and value and value not in _zones():
        return _ZONE
    if name == "tax_exempt" and value not in ("none", "exempt", "reverse"):
        return _EXEMPT
    if name == "locales" and not all(_TAG.fullmatch(tag) and len(tag) <= 20 for tag in value):
        return _LOCALES
    return check_metadata(value) if name == "metadata" else None


def _of_text(name: str, value: str) -> Problem | None:
    most = _LONGEST[name]
    if len(value) > most:
        values = {"name": name, "most": str(most)}
        return Problem(f"{name}_{_TOO_LONG.code}", _TOO_LONG.sentence, values)
    if has_hidden(value.replace("\n", "") if name == "invoice_notes" else value):
        return Problem(f"{name}_{_HIDDEN.code}", _HIDDEN.sentence, {"name": name})
    if name == "username" and not re.fullmatch(r"[A-Za-z0-9_-]+", value):
        return _USERNAME
    return None


@cache
def _zones() -> frozenset[str]:
    from zoneinfo import available_timezones

    return frozenset(available_timezones())
