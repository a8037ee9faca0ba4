"""Look through what a program sent: what is in it that may never be kept, or never be written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from portal.cards import holds_card, is_card_number
from portal.errors import Problem
from portal.redaction import hide
from portal.web.programs.problems import InvalidBody, Path

_CARD = {"number", "cvv", "cvc", "expiry_month", "expiry_year", "exp_month", "exp_year"}
_CARD_ALONE = {"card_number", "cardnumber", "card_no", "pan", "cvv", "cvc", "cvv2", "card_cvv"}
IDS = 14
"""How many digits no id of a seller's has in ordinary use: an article has 13."""
_OTHER_NUMBERS = {
    **dict.fromkeys(("phone", "mobile", "fax", "tax", "vat"), 16),
    **dict.fromkeys(("external_id", "customer_identifier", "old_provider_id"), IDS),
}
"""How many digits none of these has in ordinary use: a phone has 15 at most."""
_NO_CARDS = Problem(
    "raw_card_refused",
    "Card numbers are not taken here. Send a payment method (pm_…) from Stripe's own form, or open"
    " a portal session.",
)
_INSIDES = {"missing": "This has to be given.", "extra_forbidden": "There is no such field."}
_CODES = {"missing": "missing", "extra_forbidden": "unknown_field"}


def look_through(said: Any, *, least: int = 0) -> None:
    """Hide all that was said from every log line, then refuse cards and what no database takes.

    Of what is named by ids throughout, as a path is, a card has `least` digits.
    """
    leaves = list(_leaves(said, ()))
    hide(value for _, value in leaves)
    names = [path for path, name in _names(said, ()) if holds_card(name) or is_card_number(name)]
    # Of these the outermost is enough: the way to another would tell a number again.
    if cards := names[:1] or [path for path, value in leaves if _is_of_a_card(path, value, least)]:
        raise InvalidBody(dict.fromkeys(cards, _NO_CARDS), "raw_card_refused")
    unwritable = Problem("hidden_characters", "This holds characters that no text has.")
    if wrong := [path for path, value in leaves if _is_unwritable(value, path)]:
        raise InvalidBody(dict.fromkeys(wrong, unwritable))


def _leaves(said: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(said, Mapping):
        for name, value in said.items():
            yield from _leaves(value, (*path, name))
    elif isinstance(said, list):
        for place, value in enumerate(said):
            yield from _leaves(value, (*path, place))
    else:
        yield path, str(said) if isinstance(said, int) and not isinstance(said, bool) else said


def _names(said: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield every name in what was said, with the way to what bears it."""
    if isinstance(said, Mapping):
        for name, value in said.items():
            yield path, str(name)
            yield from _names(value, (*path, name))
    elif isinstance(said, list):
        for place, value in enumerate(said):
            yield from _names(value, (*path, place))


def _is_of_a_card(path: Path, value: Any, fewest: int) -> bool:
    names = [step.lower() for step in path if isinstance(step, str)]
    if not names or not isinstance(value, str) or not value:
        return False
    if names[-1] in _CARD_ALONE or ("card" in names[:-1] and names[-1] in _CARD):
        return True
    found = [least for part, least in _OTHER_NUMBERS.items() if any(part in name for name in names)]
    if least := max(found, default=fewest):
        return holds_card(value, least)
    # The addresses that people come by have numbers of orders in them.
    return is_card_number(value) or (not names[-1].endswith("url") and holds_card(value))


def _is_unwritable(value: Any, path: Path) -> bool:
    texts = [step for step in path if isinstance(step, str)]
    texts += [value] if isinstance(value, str) else []
    return any(
        "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text) for text in texts
    )


def wrong_values(invalid: ValidationError) -> InvalidBody:
    """Put what a model says of a body into problems: the first of each value."""
    problems: dict[Path, Problem] = {}
    for error in invalid.errors(include_url=False, include_input=False):
        path = tuple(step for step in error["loc"] if not _is_a_branch(step))
        kind = error["type"]
        sentence = _INSIDES.get(kind) or f"{error['msg']}."
        problems.setdefault(
            path, Problem(_CODES.get(kind, kind), sentence.replace("{", "(").replace("}", ")"))
        )
    return InvalidBody(problems)


_BRANCHES = ("str", "int", "float", "bool", "constrained-str", "constrained-int")


def _is_a_branch(step: str | int) -> bool:
    """Tell whether a step names a type of a union, and nothing in the body."""
    return isinstance(step, str) and ("[" in step or step in _BRANCHES)


def _plain(sentence: str) -> str:
    """Return a sentence without braces, which stand for values in ours."""
    return sentence.replace("{", "(").replace("}", ")")
