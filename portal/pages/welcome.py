"""Where Stripe sends people back to: what they have now, as we fetched it, not as the link says."""

from __future__ import annotations

from typing import Any

from litestar import get, post

from portal.access.visits import count_visit_to_invoice
from portal.customers.reader import reader_of
from portal.errors import Refused
from portal.onboarding.next_stop import next_stop
from portal.onboarding.progress import progress_of
from portal.pages.fresh import freshen
from portal.pages.leave import PATIENCE_S, leave_for
from portal.pages.standing import standing_context
from portal.pages.visitor import SignInFirst, Visitor, read_form, visitor_of
from portal.sites.storefront import Storefront
from portal.subscriptions.billing_page import confirmation_page
from portal.web.answers import Answer, PageRequest, go_to, lead_out, page, site_for
from portal.web.client import address_of
from portal.web.forms import asked
from portal.web.rendering import locale_of
from portal.web.scope import scope_of
from portal.web.templates import url_for
from portal.words import translations


@get("/welcome", name="welcome")
async def show_welcome(request: PageRequest) -> Answer:
    """Tell the truth about plan, trial and card."""
    wanted, site = asked(scope_of(request)).get("onboarding", ""), await site_for(request)
    visitor = await visitor_of(request, site, wanted)
    if visitor is None:
        raise SignInFirst
    await freshen(visitor.customer)
    return page(
        request,
        "welcome/welcome.html",
        part="welcome/_standing.html",
        **await _context(request, site, visitor),
    )


@post("/welcome/billing", name="welcome.billing")
async def leave_for_billing(request: PageRequest) -> Answer:
    """Go to the billing portal: in the flow that made the customer, or newly signed in."""
    site, _typed = await read_form(request)
    visitor = await visitor_of(request, site, asked(scope_of(request)).get("onboarding", ""))
    if visitor is None or not visitor.may_bill or visitor.onboarding is None:
        raise SignInFirst
    stop = await next_stop(visitor.onboarding, wait_s=PATIENCE_S)
    return await leave_for(request, stop, asked_to=True)


@post("/welcome/confirm", name="welcome.confirm")
async def leave_for_bank(request: PageRequest) -> Answer:
    """Go to Stripe's page on which a payment is confirmed with the bank."""
    site, _typed = await read_form(request)
    wanted = asked(scope_of(request)).get("onboarding", "")
    visitor = await visitor_of(request, site, wanted)
    if visitor is None or not visitor.may_bill:
        raise SignInFirst
    try:
        there = await confirmation_page(visitor.customer)
    except Refused:
        there = None
    if there is None:
        return go_to(request, _back_to(visitor))
    await count_visit_to_invoice(site, visitor.customer, address_of(scope_of(request)))
    return lead_out(request, there)


def _back_to(visitor: Visitor) -> str:
    return f"{url_for('welcome')}?onboarding={visitor.onboarding or ''}"


async def _context(request: PageRequest, site: Storefront, visitor: Visitor) -> dict[str, Any]:
    locale = locale_of(scope_of(request), site)
    progress = await progress_of(visitor.onboarding)
    shown = await standing_context(visitor.customer, locale, is_under_way=progress.is_under_way)
    reader = await reader_of(visitor.customer) if shown["plan_name"] else None
    return shown | {
        "mailed_to": reader.email if reader and shown["is_running"] else "",
        "plan_name": shown["plan_name"] or progress.plan_name,
        "steps": progress.next_steps if shown["is_running"] else (),
        "actions": _actions(site, visitor, shown, locale),
        "onboarding": visitor.onboarding or "",
    }


def _actions(
    site: Storefront, visitor: Visitor, shown: dict[str, Any], locale: str
) -> list[dict[str, str]]:
    """Offer what is most needed first."""
    _ = translations(locale).gettext
    which = f"?onboarding={visitor.onboarding or ''}"
    billing = {
        "label": _("Change payment method") if shown["card"] else _("Add payment method"),
        "url": url_for("welcome.billing") + which,
        "method": "post",
    }
    confirm = {
        "label": _("Confirm payment"),
        "url": url_for("welcome.confirm") + which,
        "method": "post",
    }
    onward = {
        "label": _("Continue") if site.success_url else _("Go to your account"),
        "url": site.success_url or url_for("account"),
        "method": "get",
    }
    if shown["to_confirm"]:
        return [confirm, billing, onward]
    is_needed = shown["standing"].tone in ("warn", "bad")
    return [billing, onward] if is_needed else [onward, billing]
