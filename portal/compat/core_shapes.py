"""Door 001: what is sent, by our names; and a customer by the document's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.compat.core_models import NewCustomer
from portal.errors import Problem
from portal.web.programs.problems import Path, WrongValues

EXAMPLE: Mapping[str, Any] = {
    "email": "ada@lovelace.example",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "phone": "+44 20 7946 0958",
    "tele_marketing": False,
    "email_marketing": True,
    "metadata": {"crm": "7"},
    "old_provider_id": "42",
    "display_name": "Ada",
    "organization": "Analytical Engines Ltd",
    "tin": "GB980780684",
    "username": "ada",
    "title": "Countess",
    "salutation": "Dear Ada",
    "time_zone": "Europe/London",
    "language": "en",
    "billing_email": "bills@lovelace.example",
}
"""What may be said of a new customer, but for what needs a scope of its own."""

ONLY_IMPORTS = (
    *("skip_email_dns_validations", "is_imported", "email_verified", "password"),
    *("payment_gateway_id", "import_payment_methods"),
)
"""What needs the scope customers:import."""

_NOBODY = Problem("identity_missing", "Send an email, an old_provider_id or a display_name.")
_PASSWORD = Problem("password_missing", "Send the password that password_type speaks of.")
_GATEWAY = Problem(
    "gateway_customer_missing", "Send the payment_gateway_id whose payment methods are meant."
)
_NAMES = {
    "external_id": "old_provider_id",
    "organisation": "organization",
    "tax_id": "tin",
    "picture": "avatar",
    "gateway_customer_id": "payment_gateway_id",
}


def refuse_unfinished(said: NewCustomer) -> None:
    """Let pass only who can be told apart, and nothing that speaks of what was not sent.

    Raises:
        WrongValues: identity_missing, password_missing or gateway_customer_missing.
    """
    who: tuple[Path, ...] = (("email",), ("old_provider_id",), ("display_name",))
    if not (said.email or said.old_provider_id or said.display_name):
        raise WrongValues(dict.fromkeys(who, _NOBODY), _NOBODY.code)
    if said.password_type and said.password is None:
        raise WrongValues({("password",): _PASSWORD}, _PASSWORD.code)
    if said.import_payment_methods and said.payment_gateway_id is None:
        raise WrongValues({("payment_gateway_id",): _GATEWAY}, _GATEWAY.code)


def form_of(said: NewCustomer) -> dict[str, str]:
    """Return what was said by the names that the sign-up form has for it."""
    given = {
        "email": said.email,
        "first_name": said.first_name,
        "last_name": said.last_name,
        "organisation": said.organization,
        "phone": said.phone,
        "tax_id": said.tin,
        "language": said.language,
    }
    return {name: str(value or "") for name, value in given.items()}


def profile_of(said: NewCustomer) -> dict[str, Any]:
    """Return what was said beside that, by the profile's names."""
    given = {
        "external_id": said.old_provider_id,
        "display_name": said.display_name,
        "username": said.username,
        "title": said.title,
        "salutation": said.salutation,
        "time_zone": said.time_zone,
        "billing_email": said.billing_email,
        "metadata": said.metadata,
        "imported": said.is_imported or None,
        "email_hard_bounced": said.email_hardbounce or None,
    }
    return {name: value for name, value in given.items() if value is not None}


def consents_of(said: NewCustomer) -> dict[str, bool]:
    """Return what was said of consents, yes and no; of what was not said, nothing."""
    given = {"email_marketing": said.email_marketing, "telemarketing": said.tele_marketing}
    return {kind: answer for kind, answer in given.items() if answer is not None}


def by_their_names(problems: Mapping[str, Problem]) -> WrongValues:
    """Return problems by the names that the document has for what they are about."""
    return WrongValues({(_NAMES.get(name, name),): said for name, said in problems.items()})


def told(
    shown: Mapping[str, Any],
    row: Mapping[str, Any],
    site: int,
    source: Mapping[str, Any] | None,
    *,
    has_password: bool,
) -> dict[str, Any]:
    """Return a customer by the document's names, from how ours show them and their row."""
    return {
        **{name: shown[name] for name in _ALIKE},
        "site_id": site,
        "email_confirm": shown["email_verified"],
        "email_hardbounce": shown["email_hard_bounced"],
        "organization": shown["organisation"],
        "tin": row["tax_id"] or None,
        "old_provider_id": shown["external_id"],
        "email_marketing": shown["consents"]["email_marketing"],
        "tele_marketing": shown["consents"]["telemarketing"],
        "is_imported": shown["imported"],
        "has_password": has_password,
        "billing_email": shown["billing"]["email"],
        "payment_gateway_id": shown["gateway_customer_id"],
        "default_source": source,
        "created_at": _seconds(row["created_at"]),
        "updated_at": _seconds(row["updated_at"]),
    }


_ALIKE = (
    *("id", "email", "first_name", "last_name", "display_name", "username", "title", "salutation"),
    *("phone", "metadata", "language", "time_zone", "avatar"),
)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
