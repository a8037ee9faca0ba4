"""Decide whether a filled-in form can be taken as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from portal import clock
from portal.customers.deliverable import is_deliverable
from portal.customers.details import CustomerDetails, read_details
from portal.customers.email import UNKNOWN_DOMAIN, InvalidEmail, normalize_email
from portal.errors import InvalidDetails, Problem
from portal.pages.form import Basket, as_ordered, rules_of, with_country
from portal.pages.step_answers import Step, own, problems_so_far
from portal.settings import settings
from portal.sites.storefront import Storefront
from portal.web.answers import PageRequest
from portal.web.browser import browser_of
from portal.web.form_token import is_our_token
from portal.web.rendering import locale_of
from portal.web.scope import scope_of

_LAST = ("coupon", "terms", "email_marketing")
_STALE = Problem(
    "form_stale",
    "This page was open for too long, or your browser keeps no cookies. Press the button again.",
)


class StaleForm(InvalidDetails):
    """The form's token is missing, of another browser, or too old; what was typed is kept."""

    status = 403
    code = "form_stale"


async def accept(
    request: PageRequest, site: Storefront, typed: Mapping[str, str], basket: Basket
) -> CustomerDetails:
    """Return what was typed as details, checked.

    Raises:
        StaleForm: it is no form that this browser was shown.
        InvalidDetails: every wrong field at once, in the order of the form.
    """
    refuse_stale(request, site, typed)
    reachable = await is_reachable(typed)
    problems = _with_unreachable(as_ordered(typed, basket).problems, reachable)
    try:
        details = read_details(typed, rules_of(site, locale_of(scope_of(request), site)))
    except InvalidDetails as invalid:
        raise InvalidDetails(_in_order(invalid.problems | problems)) from None
    if problems:
        raise InvalidDetails(_in_order(problems))
    return replace(details, email_unchecked=True) if reachable is None else details


async def accept_step(
    request: PageRequest, site: Storefront, typed: Mapping[str, str], basket: Basket, step: Step
) -> None:
    """Check what one step asks; the mistakes of another are told there.

    Raises:
        InvalidDetails: every wrong field of this step, and what is wrong with the order.
    """
    rules = rules_of(site, locale_of(scope_of(request), site))
    typed = with_country(scope_of(request), site, typed)
    found = problems_so_far(typed, rules)
    found |= _with_unreachable(basket.problems, await is_reachable(typed))
    if wrong := own(step, found):
        raise InvalidDetails(_in_order(wrong))


def refuse_stale(
    request: PageRequest, site: Storefront, typed: Mapping[str, str], *, at: str = "signup"
) -> None:
    """Let only a form pass that this browser was shown at this site, within the last day.

    Raises:
        StaleForm: it was not; said at the form of this id.
    """
    browser_hash = browser_of(scope_of(request)).hash
    if not is_our_token(typed.get("token", ""), browser_hash, site.id, clock.now()):
        raise StaleForm({at: _STALE})


def is_from_a_machine(typed: Mapping[str, str]) -> bool:
    """Tell whether the field that people do not see was filled in."""
    return bool(typed.get("website"))


async def is_reachable(typed: Mapping[str, str]) -> bool | None:
    """Tell whether mail can reach the address in a form; None when DNS does not say."""
    if not settings().check_email_dns:
        return True
    try:
        return await is_deliverable(normalize_email(typed.get("email", "")).domain)
    except InvalidEmail:
        return True


def _with_unreachable(
    problems: Mapping[str, Problem], reachable: bool | None
) -> dict[str, Problem]:
    return {**problems, "email": UNKNOWN_DOMAIN} if reachable is False else dict(problems)


def _in_order(problems: Mapping[str, Problem]) -> dict[str, Problem]:
    first = [name for name in problems if name not in ("order", "email", *_LAST)]
    names = ("order", "email", *first, *_LAST)
    return {name: problems[name] for name in names if name in problems}
