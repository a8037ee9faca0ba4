"""What somebody can do with what we hold of them."""

from __future__ import annotations

from datetime import UTC, datetime

from portal.privacy.erasure import Leaving
from tests.templates.view import States, Values, Words, problem

DUE = datetime(2026, 11, 28, 9, tzinfo=UTC)
UNTIL = datetime(2036, 12, 31, tzinfo=UTC)


def data(words: Words) -> States:
    """Just signed in and long ago; on the way out, and back."""
    page: Values = {
        "signed_in": True, "current": "account.data", "signed_in_recently": True, "is_kept": False,
        "too_often": None,
    }  # fmt: skip
    many = {"too_often": problem(words, "That was a lot in a short time. You can go on in 6 min.")}
    leaving = {"leaving": Leaving(DUE, UNTIL)}
    yield "data", "account/data.html", page
    yield "data-long-ago", "account/data.html", page | {"signed_in_recently": False}
    yield "data-leaving", "account/data.html", page | leaving
    yield "data-kept", "account/data.html", page | {"is_kept": True}
    yield "data-too-often", "account/data.html", page | many
    told = page | {"due_at": DUE, "kept_until": UNTIL, "days": 7}
    yield "erase", "account/erase.html", told | {"plans": [words("Pro")]}
    yield (
        "erase-long-ago",
        "account/erase.html",
        told | {"plans": [""], "signed_in_recently": False},
    )
