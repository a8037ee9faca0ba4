"""What somebody picks beside a plan when they sign up: values and checks only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from portal.errors import InvalidDetails, Problem
from portal.plans.catalogue import Chosen, Quantity, Taken

HOW_MANY = Problem("how_many", "Choose a whole number from {min} to {max} for {what}.")
_ONCE = Quantity("", "", 1, 1)
_UNKNOWN = Problem("add_on_unknown", "The plan has no add-on {what} that could be chosen.")
_TRIAL = Problem("trial_days_invalid", "A trial has 0 to 730 days.")
LONGEST_TRIAL = 730


def with_parts(
    chosen: Chosen,
    *,
    quantity: int | None = None,
    add_ons: Mapping[str, int] | None = None,
    trial_days: int | None = None,
) -> Chosen:
    """Return a plan as often as told, with these add-ons (by key, how many), after this trial.

    What is counted comes with the plan by itself.

    Raises:
        InvalidDetails: at quantity, add_ons or trial_days.
    """
    problems: dict[str, Problem] = {}
    if quantity is not None:
        wrong = _misfit(quantity, chosen.offer.quantity or _ONCE, chosen.offer.name)
        problems |= {"quantity": wrong} if wrong else {}
    taken = []
    for key, number in (add_ons or {}).items():
        found = _taken(chosen, key, number)
        if isinstance(found, Problem):
            problems["add_ons"] = found
        elif number:
            taken.append(found)
    if trial_days is not None and not 0 <= trial_days <= LONGEST_TRIAL:
        problems["trial_days"] = _TRIAL
    if problems:
        raise InvalidDetails(problems)
    return replace(chosen, number=quantity, taken=tuple(taken), trial=trial_days)


def _taken(chosen: Chosen, key: str, number: int) -> Taken | Problem:
    for add_on in chosen.offer.add_ons:
        pricing = add_on.pricing(chosen.pricing.interval, chosen.pricing.currency)
        if add_on.key == key and pricing and pricing.stripe_id and not add_on.usage:
            wrong = _misfit(number, add_on.quantity or _ONCE, add_on.name) if number else None
            return wrong or Taken(add_on, pricing, number)
    return Problem(_UNKNOWN.code, _UNKNOWN.sentence, {"what": key})


def _misfit(number: int, quantity: Quantity, what: str) -> Problem | None:
    if quantity.min <= number <= quantity.max:
        return None
    values = {"min": str(quantity.min), "max": str(quantity.max), "what": what}
    return Problem(HOW_MANY.code, HOW_MANY.sentence, values)
