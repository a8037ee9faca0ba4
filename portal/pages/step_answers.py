"""The steps of a sign-up form that asks in three: what each asks, and what comes next. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, get_args

from portal.customers.details import FormRules, read_details
from portal.errors import InvalidDetails, Problem

Step = Literal["contact", "address", "check"]
STEPS: tuple[Step, ...] = get_args(Step)

_CONTACT = ("email", "first_name", "last_name", "phone")
_ADDRESS = (
    *("organisation", "tax_id", "country"),
    *("line1", "line2", "line3", "city", "state", "postal_code"),
)
_CONSENTS = ("terms", "email_marketing")
_ORDER = ("plan", "interval", "currency", "coupon", "again")
ASKED: Mapping[Step, tuple[str, ...]] = {
    "contact": _CONTACT,
    "address": _ADDRESS,
    "check": _CONSENTS,
}


def carried(typed: Mapping[str, str]) -> dict[str, str]:
    """Return the answers that wait for the check: it shows them, and its form sends them."""
    return {name: text for name, text in typed.items() if _step_of(name) in ("contact", "address")}


def kept(step: Step, before: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    """Put what one step's form says in the place of what was said there before.

    A field that another country does not have is gone. Consents do not wait: each is given with
    the button or not at all, and shown unticked until then.
    """
    others = {name: text for name, text in carried(before).items() if _step_of(name) != step}
    ordered = {name: text for name, text in {**before, **typed}.items() if name in _ORDER}
    said = {name: text for name, text in carried(typed).items() if _step_of(name) == step}
    return ordered | others | said


def all_kept(typed: Mapping[str, str]) -> dict[str, str]:
    """Return what is kept of a whole form: all but its consents."""
    return {name: text for name, text in typed.items() if name in _ORDER} | carried(typed)


def own(step: Step, problems: Mapping[str, Problem]) -> dict[str, Problem]:
    """Return the problems that this step can mend: those of its fields, and of the order."""
    return {name: one for name, one in problems.items() if _step_of(name) in (step, None)}


def step_to_mend(problems: Mapping[str, Problem]) -> Step:
    """Return the first step on which one of these can be mended; the last can show any other."""
    wrong = {_step_of(name) for name in problems}
    return next((step for step in STEPS if step in wrong), "check")


def problems_so_far(typed: Mapping[str, str], rules: FormRules) -> dict[str, Problem]:
    """Return what is missing or wrong of the answers that come before the check."""
    try:
        read_details(typed, replace(rules, terms=False))
    except InvalidDetails as invalid:
        return invalid.problems
    return {}


def comes_before(step: Step, other: Step) -> bool:
    """Tell whether a step comes before another."""
    return STEPS.index(step) < STEPS.index(other)


def next_step(step: Step) -> Step:
    """Return what comes after a step; the check comes after all."""
    return STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)]


def is_answered(step: Step, typed: Mapping[str, str]) -> bool:
    """Tell whether anything was said on a step."""
    return any(typed.get(name) for name in ASKED[step])


def _step_of(name: str) -> Step | None:
    return next((step for step, names in ASKED.items() if name in names), None)
