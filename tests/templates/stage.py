"""Render the views as the portal would, and show them to a Chromium without a server."""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from jinja2 import Environment
from playwright.async_api import Browser, Page, Route

from portal.web.headers import content_policy
from portal.web.static import static_files
from portal.web.templates import environment, name_paths
from tests.templates.view import View

HERE = "http://portal.test"
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
Answers = dict[str, tuple[int, View]]
PATHS = {
    "pricing": "/",
    "signup": "/signup",
    "signup.submit": "/signup",
    "signup.step": "/signup/step/{step}",
    "signup.take": "/signup/step/{step}",
    "signup.address": "/signup/address",
    "signup.order": "/signup/order",
    "signup.field": "/signup/field/{field}",
    "signup.status": "/signup/status/{onboarding}",
    "signup.continue": "/signup/status/{onboarding}/continue",
    "signin": "/signin",
    "signin.submit": "/signin",
    "signin.code": "/signin/code",
    "signin.link_code": "/signin/link/{token}/code",
    "signout": "/signout",
    "welcome": "/welcome",
    "welcome.confirm": "/welcome/confirm",
    "account": "/account",
    "account.order": "/account/order",
    "account.order.submit": "/account/order",
    "account.pay": "/account/pay",
    "account.payment": "/account/pay",
    "account.pause": "/account/pause",
    "account.resume": "/account/resume",
    "account.plan": "/account/plan",
    "account.plan.review": "/account/plan/review",
    "account.plan.confirm": "/account/plan/review",
    "account.plan.stay": "/account/plan/stay",
    "account.cancel": "/account/cancel",
    "account.cancel.submit": "/account/cancel",
    "account.cancel.undo": "/account/keep",
    "contracts.cancel": "/contracts/cancel",
    "contracts.cancel.submit": "/contracts/cancel",
    "contracts.withdraw": "/contracts/withdraw",
    "contracts.withdraw.submit": "/contracts/withdraw",
    "account.withdraw": "/account/withdraw",
    "account.withdraw.confirm": "/account/withdraw",
    "account.history": "/account/history",
    "account.invoices": "/account/invoices",
    "account.invoice": "/account/invoices/{invoice}",
    "account.invoice.pdf": "/account/invoices/{invoice}/pdf",
    "account.invoice.pay": "/account/invoices/{invoice}/pay",
    "account.billing": "/account/billing",
    "account.details": "/account/details",
    "account.save_details": "/account/details",
    "account.picture": "/account/picture",
    "account.save_picture": "/account/picture",
    "account.remove_picture": "/account/picture/remove",
    "account.picture.file": "/account/picture/{version}",
    "account.shipping": "/account/shipping",
    "account.save_shipping": "/account/shipping",
    "account.remove_shipping": "/account/shipping/remove",
    "account.tax_ids": "/account/tax-ids",
    "account.save_tax_id": "/account/tax-ids",
    "account.remove_tax_id": "/account/tax-ids/remove",
    "account.email": "/account/email",
    "account.change_email": "/account/email",
    "account.save_billing_email": "/account/email/billing",
    "account.preferences": "/account/preferences",
    "account.save_preferences": "/account/preferences",
    "account.keep": "/account/check/keep",
    "account.clear": "/account/check/clear",
    "account.security": "/account/security",
    "account.security.end": "/account/security/end",
    "account.security.end_others": "/account/security/others",
    "account.data": "/account/data",
    "account.data.download": "/account/data/download",
    "account.erase": "/account/erase",
    "account.erase.submit": "/account/erase",
    "account.erase.undo": "/account/erase/undo",
    "account.password": "/account/security/password",
    "account.password.remove": "/account/security/password/remove",
    "signin.password": "/signin/password",
    "signin.by_passkey": "/signin/passkey",
    "account.passkey": "/account/security/passkey",
    "account.passkey.remove": "/account/security/passkey/remove",
    "signin.by_password": "/signin/password",
    "schema": "/schema",
    "schema.operation": "/schema/{operation}",
    "schema.openapi": "/schema/openapi.json",
    "schema.doors": "/schema/doors.json",
    "mailbox": "/mailbox",
    "mailbox.mail": "/mailbox/{id}",
    "mailbox.sample": "/mailbox/samples/{name}",
    "mailbox.sample_html": "/mailbox/samples/{name}/html",
}


def speaking(locale: str = "en") -> Environment:
    """Return an environment of our own that tests may change."""
    made: Environment = environment.__wrapped__(locale)
    return made


@cache
def _english() -> Environment:
    return speaking()


def render(view: View, made: Environment | None = None) -> str:
    """Render a view with the paths that the pages have."""
    name_paths(PATHS)
    return (made or _english()).get_template(view.template).render(view.context)


@asynccontextmanager
async def shown(
    browser: Browser,
    view: View,
    made: Environment | None = None,
    answers: Answers | None = None,
    **looks: Any,
) -> AsyncIterator[Page]:
    """Show a view in a window of its own.

    answers: what the page gets that asks for a path: a status (0: no answer) and a view.
    """
    context = await browser.new_context(**looks)
    try:
        page = await context.new_page()
        await show(page, view, made, answers)
        yield page
    finally:
        await context.close()


async def show(
    page: Page, view: View, made: Environment | None = None, answers: Answers | None = None
) -> None:
    """Show a view as the portal sends it, or as a mail program shows its mail.

    A window costs a second: whoever only looks at many views shows them in one.
    """
    html = render(view, made)
    policy = MAIL_POLICY if view.is_mail else content_policy("https://api.stripe.com")
    accent = view.context["site"].brand.accent if view.context["site"] else "#3b5bdb"

    async def answer(route: Route) -> None:
        path = route.request.url.removeprefix(HERE).partition("?")[0]
        if path == "/":
            headers = {"content-security-policy": policy}
            await route.fulfill(body=html, content_type="text/html; charset=utf-8", headers=headers)
        elif path.startswith("/brand/"):
            await route.fulfill(body=f":root{{--accent:{accent}}}", content_type="text/css")
        elif path.startswith("/static/"):
            name = path.removeprefix("/static/")
            kind = mimetypes.guess_type(name)[0]
            await route.fulfill(body=static_files()[name].body, content_type=kind)
        elif path in (answers or {}):
            status, answer_view = (answers or {})[path]
            if not status:
                await route.abort()
                return
            body = render(answer_view, made)
            await route.fulfill(status=status, body=body, content_type="text/html; charset=utf-8")
        else:
            await route.fulfill(status=204)

    await page.unroute_all()
    await page.route(f"{HERE}/**", answer)
    await page.goto(f"{HERE}/")
