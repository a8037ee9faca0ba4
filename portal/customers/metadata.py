"""The seller's own keys and values of a customer: plain rules, as Stripe has them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from portal.errors import Problem

MOST_KEYS, LONGEST_KEY, LONGEST_VALUE = 50, 40, 500
MARKS = ("portal", "site", "customer", "onboarding", "operation", "region")
"""The keys by which we know our own at Stripe: no seller's value takes their place there."""
MOST_AT_STRIPE = MOST_KEYS - len(MARKS)

_TOO_MANY = Problem("metadata_too_many", "Metadata may have at most 50 keys.")
_KEY = Problem("metadata_key_invalid", "Use 1 to 40 characters, and no [ or ], for each key.")
_VALUE = Problem("metadata_value_too_long", "A value of metadata has at most 500 characters.")

Metadata = Mapping[str, Any]


def merged(before: Metadata, given: Metadata | str | None) -> dict[str, Any]:
    """Return the metadata after a change: an empty value unsets its key, an empty object all."""
    if not given or isinstance(given, str):
        return {}
    after = dict(before) | dict(given)
    return {key: value for key, value in after.items() if value not in ("", None)}


def check_metadata(metadata: Metadata) -> Problem | None:
    """Say what is wrong with the metadata that there would be."""
    if len(metadata) > MOST_KEYS:
        return _TOO_MANY
    if any(not 0 < len(key) <= LONGEST_KEY or {"[", "]"} & set(key) for key in metadata):
        return _KEY
    if any(len(as_text(value)) > LONGEST_VALUE for value in metadata.values()):
        return _VALUE
    return None


def as_text(value: object) -> str:
    """Write a value as text; what is no text, as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def at_stripe(metadata: Metadata) -> dict[str, str]:
    """Return what of it Stripe is given beside our own marks."""
    theirs = {key: as_text(value) for key, value in metadata.items() if key not in MARKS}
    return dict(list(theirs.items())[:MOST_AT_STRIPE])


def is_all_at_stripe(metadata: Metadata) -> bool:
    """Tell whether Stripe is given all of it."""
    return at_stripe(metadata).keys() == metadata.keys()


def changed_at_stripe(
    before: Metadata, after: Metadata, unset: Collection[str] = ()
) -> dict[str, str]:
    """Return what brings Stripe's metadata from one to the other: an empty value unsets a key.

    `unset` are keys that shall be gone there, whether we knew of them or not.
    """
    was, now = at_stripe(before), at_stripe(after)
    gone = {key: "" for key in (*was, *unset) if key not in now and key not in MARKS}
    return gone | {key: text for key, text in now.items() if was.get(key) != text}
