"""The parts of the sign-up form that change while it is filled in."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import get, post
from litestar.params import FromPath

from portal.customers.deliverable import is_deliverable
from portal.customers.details import FormRules, check_field, read_details, warnings_of
from portal.customers.email import UNKNOWN_DOMAIN, normalize_email
from portal.errors import InvalidDetails, NotFound, Problem, TooMany
from portal.pages.form import (
    Filled,
    basket_of,
    form_context,
    order_context,
    own_rules_of,
    rules_of,
    with_country,
)
from portal.settings import settings
from portal.web.answers import Answer, PageRequest, page, site_for
from portal.web.forms import typed_in
from portal.web.limits import is_within
from portal.web.rendering import locale_of
from portal.web.scope import scope_of

# By the field's name, what it is checked as.
_CHECKED = {name: name for name in ("email", "phone", "postal_code", "tax_id")} | {
    "billing_email": "email"
}
# These ask only where the form came back with a mistake.
_ONCE_WRONG = (
    *("first_name", "last_name", "organisation", "terms"),
    *("line1", "line2", "line3", "city", "state"),
)


@post("/signup/address", name="signup.address")
async def show_address(request: PageRequest) -> Answer:
    """Show the address fields of a country, with what was typed so far.

    A POST, as all that carries the form: no address of ours ever holds what somebody typed.
    """
    typed = await typed_in(request)
    site = await site_for(request, typed)
    basket = await basket_of(scope_of(request), site, {})
    context = form_context(scope_of(request), site, Filled(typed, basket))
    return page(request, "signup/_address.html", **context)


@post("/signup/order", name="signup.order")
async def show_order(request: PageRequest) -> Answer:
    """Show the order with another interval or code."""
    typed = await typed_in(request)
    site = await site_for(request, typed)
    basket = await basket_of(scope_of(request), site, typed)
    if basket.chosen is None:
        raise NotFound
    context = order_context(scope_of(request), site, basket)
    if "step" in typed:  # Its button is not there yet.
        context = {"order": context["order"]}
    return page(request, "signup/_order.html", errors=basket.problems, **context)


@post("/signup/field/{field:str}", name="signup.field")
async def check_one(request: PageRequest, field: FromPath[str]) -> Answer:
    """Say what is wrong with one field, if anything.

    An empty one is never wrong yet, but where the form was sent so and came back. The forms of the
    account ask it too. It knows what was typed and nothing of any customer.
    """
    if field not in (*_CHECKED, *_ONCE_WRONG):
        raise NotFound
    typed = await typed_in(request)
    site = await site_for(request, typed)
    if not is_within(scope_of(request), site, "checks_per_minute"):
        raise TooMany
    kind, locale = _CHECKED.get(field, field), locale_of(scope_of(request), site)
    typed = with_country(scope_of(request), site, typed | {kind: typed.get(field, "")})
    if field in _ONCE_WRONG:
        error, warning = _still_wrong(field, typed, rules_of(site, locale)), None
    else:
        rules = own_rules_of(site, locale)
        error = check_field(kind, typed, rules) or await _unreachable(kind, typed)
        warning = None if error else warnings_of(typed, rules).get(kind)
    return page(request, "signup/_message.html", name=field, error=error, warning=warning)


@get("/signup/check-inbox", name="signup.inbox")
async def show_inbox(request: PageRequest) -> Answer:
    """Say that a mail is under way: the same page for everybody."""
    await site_for(request)
    return page(request, "signin/inbox.html", errors={})


def _still_wrong(field: str, typed: Mapping[str, str], rules: FormRules) -> Problem | None:
    try:
        read_details(typed, rules)
    except InvalidDetails as invalid:
        return invalid.problems.get(field)
    return None


async def _unreachable(field: str, typed: dict[str, str]) -> Problem | None:
    if field != "email" or not typed.get("email") or not settings().check_email_dns:
        return None
    reachable = await is_deliverable(normalize_email(typed["email"]).domain)
    return UNKNOWN_DOMAIN if reachable is False else None
