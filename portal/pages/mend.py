"""Show the form again, in the same flow, when Stripe did not take what was typed."""

from __future__ import annotations

from portal.errors import Problem
from portal.onboarding.former import former_answers_at
from portal.onboarding.next_stop import FormAgain, next_stop
from portal.pages.form import Filled, basket_of
from portal.pages.visitor import maker_of
from portal.sites.storefront import Storefront
from portal.web.answers import PageRequest
from portal.web.scope import scope_of

_SENTENCES = {
    "email": Problem("email_refused", "This email address was not accepted. Check it."),
    "phone": Problem("phone_refused", "This phone number was not accepted. Check it."),
    "coupon": Problem("coupon_refused", "This code can no longer be used. Try another."),
    "last_name": Problem("name_refused", "This name was not accepted. Check it."),
    "organisation": Problem("organisation_refused", "This name was not accepted. Check it."),
}
_ADDRESS = Problem(
    "address_refused",
    "We could not find this address for tax. Check it, the postal code above all.",
)


async def to_mend(request: PageRequest, site: Storefront, onboarding: str) -> Filled | None:
    """Return the form as it was sent at this site, with what Stripe refused.

    None if it is not theirs, or was sent at another site: that one's form alone may show it.
    """
    answers = await former_answers_at(site.id, onboarding)
    if not answers or await maker_of(request, onboarding) is None:
        return None
    typed = answers | {"again": onboarding}
    basket = await basket_of(scope_of(request), site, typed)
    stop = await next_stop(onboarding, wait_s=0)
    if not isinstance(stop, FormAgain):
        return Filled(typed, basket)
    return Filled(typed, basket, {stop.field: sentence_of(stop.field)})


def sentence_of(field: str) -> Problem:
    """Say at its field that Stripe did not take what was typed there."""
    return _SENTENCES.get(field, _ADDRESS)
