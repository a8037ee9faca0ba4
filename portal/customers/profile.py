"""What programs may tell of a customer beside what the form asks: plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from portal.customers.text import fold


class Keep(Enum):
    """Says of a value that it was not passed."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP
"""Not passed: it stays as it is."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What was told, each in its column of the customer's row; KEEP where nothing was.

    stripe_settings is what only Stripe makes use of: description, balance, individual_name,
    invoice_prefix, next_invoice_sequence, custom_fields, rendering, cash_balance, test_clock,
    validate_location.
    """

    external_id: str | Keep | None = KEEP
    name: str | Keep = KEEP
    display_name: str | Keep = KEEP
    username: str | Keep = KEEP
    title: str | Keep = KEEP
    salutation: str | Keep = KEEP
    time_zone: str | Keep = KEEP
    billing_email: str | Keep = KEEP
    email_hard_bounced: bool | Keep = KEEP
    locales: tuple[str, ...] | Keep = KEEP
    metadata: Mapping[str, Any] | Keep = KEEP
    tax_exempt: str | Keep = KEEP
    auto_collection: bool | Keep = KEEP
    allow_direct_debit: bool | Keep = KEEP
    created_from_ip: str | Keep = KEEP
    invoice_notes: str | Keep = KEEP
    imported: bool | Keep = KEEP
    stripe_settings: Mapping[str, Any] | Keep = KEEP

    @property
    def given(self) -> dict[str, Any]:
        """Return what was passed, by its name."""
        named = ((name, getattr(self, name)) for name in self.__slots__)
        return {name: value for name, value in named if value is not KEEP}

    @property
    def columns(self) -> dict[str, Any]:
        """Return what was passed, as it stands in the customer's row."""
        return {
            name: json.dumps(value, ensure_ascii=False) if name in _JSON else value
            for name, value in self.given.items()
        }


_JSON = ("locales", "metadata", "stripe_settings")
_FOUND_BY = ("first_name", "last_name", "name", "organisation", "email", "external_id")

NOTHING_MORE = Profile()
"""Nothing was told beside the form's answers."""


def profile_of(row: Mapping[str, Any]) -> Profile:
    """Return what we have, from a customer's row."""
    had = {name: row[name] for name in Profile.__slots__}
    had |= {name: json.loads(had[name]) for name in _JSON}
    return Profile(**had | {"locales": tuple(had["locales"])})


def search_text(row: Mapping[str, Any]) -> str:
    """Return what a customer is found by, from their row, as far as it is known."""
    return fold(" ".join(text for name in _FOUND_BY if (text := row.get(name))))


def with_search(row: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """Return a change of a row with what the customer is found by after it, if that is another."""
    if not any(name in changed for name in _FOUND_BY):
        return dict(changed)
    return {**changed, "search": search_text({**row, **changed})}
