"""People at the portal, a browser each: what they fill in, press and follow."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx

from portal.database import run_sql
from tests.chaos.holding import Broken
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, forms_of
from tests.pages.mails import link_in, mails, text_of
from tests.people import ADA, GRACE, MALLORY

PEOPLE = {"ada": ADA, "grace": GRACE}
EVERYBODY = (*PEOPLE, "mallory")
BUTTONS = {
    "cancel": ("/account/cancel", "/account/cancel"),
    "keep": ("/account/cancel", "/account/keep"),
    "pause": ("/account/plan", "/account/pause"),
    "resume": ("/account/plan", "/account/resume"),
    "stay": ("/account/plan", "/account/plan/stay"),
}
"""What an account can have done to its plan: on which page, and where its form goes."""
_REVIEW = "/account/plan/review"
_TO_STRIPE = re.compile(r"/p/session/[\w-]+")


@dataclass
class Citizens:
    """Ada, Grace, and Mallory, who must see nothing of theirs."""

    shop: Shop
    visitors: dict[str, Visitor]
    seen: Counter[str]

    async def sign_up(self, who: str, plan: str, *, as_whom: str | None = None) -> None:
        """Fill the form in and send it; where something was refused, that form."""
        typed = {**{**PEOPLE, "mallory": MALLORY}[as_whom or who]}
        onboarding = await self._onboarding_of(typed["email"])
        is_refused = as_whom is None and onboarding and onboarding["state"] == "refused"
        query = f"again={onboarding['id']}" if is_refused and onboarding else f"plan={plan}"
        page = await self._open(who, f"/signup?{query}")
        if page.status_code != 200:
            return
        self.seen["mended what was refused"] += bool(is_refused)
        forms = [form for form in forms_of(page.text) if "token" in form.fields]
        await self._send(who, "/signup", forms[0].fields | typed)

    async def press_billing(self, who: str, whose: str) -> None:
        """Press the button on somebody's welcome page, seen or guessed, and on the account page."""
        onboarding = await self._onboarding_of(PEOPLE[whose]["email"])
        if onboarding:
            await self._open(who, f"/signup/status/{onboarding['id']}")
            await self._press(who, f"/welcome/billing?onboarding={onboarding['id']}")
        await self._press(who, "/account/billing")

    async def sign_in(self, who: str) -> None:
        """Ask for a link and use it, if one comes."""
        email = PEOPLE[who]["email"]
        before = len(mails())
        await self._press(who, "/signin", email=email)
        await self.shop.work()
        for mail in mails()[before:]:
            if email in str(mail["to"]) and "/signin/link/" in text_of(mail):
                page = await self._open(who, link_in(text_of(mail)))
                forms = [form for form in forms_of(page.text) if "token" in form.fields]
                if forms:
                    await self._send(who, forms[0].action or str(page.url), forms[0].fields)

    async def change_plan(self, who: str, plan: str) -> None:
        """Have it shown what another plan would cost, and take it, if it is offered."""
        await self._press_on(who, f"{_REVIEW}?price=pric_{plan}", _REVIEW)

    async def press_button(self, who: str, button: str) -> None:
        """Press a button of one's own account, if it is there."""
        await self._press_on(who, *BUTTONS[button])

    async def _press_on(self, who: str, path: str, action: str) -> None:
        page = await self._open(who, path)
        if page.status_code == 303 and await self.knows(who):
            await self.sign_in(who)
            page = await self._open(who, path)
        for form in forms_of(page.text):
            if form.action == action:
                await self._send(who, action, form.fields)
                return

    async def _press(self, who: str, path: str, **typed: str) -> None:
        page = await self._open(who, "/signin")
        tokens = [form.fields for form in forms_of(page.text) if "token" in form.fields]
        if tokens:
            await self._send(who, path, tokens[0] | typed)

    async def _open(self, who: str, path: str) -> httpx.Response:
        return await self._checked(who, await self.visitors[who].open(path))

    async def _send(self, who: str, path: str, typed: dict[str, str]) -> None:
        await self._checked(who, await self.visitors[who].send(path, typed))

    async def _checked(self, who: str, answer: httpx.Response) -> httpx.Response:
        """See that nobody is led to a billing portal but their own, and that nothing broke."""
        if answer.status_code >= 500 and answer.status_code != 503:
            raise Broken(f"{answer.request.url} answered {answer.status_code}")
        for path in _TO_STRIPE.findall(f"{answer.headers.get('location')} {answer.text}"):
            page = await self.shop.stripe.http.get(f"{self.shop.stripe.url}{path}")
            if who not in PEOPLE or PEOPLE[who]["email"] not in page.text:
                raise Broken(f"{who} was led to a billing portal of somebody else")
            self.seen["led to a billing portal"] += 1
        return answer

    async def _onboarding_of(self, email: str) -> dict[str, Any] | None:
        rows: list[dict[str, Any]] = await run_sql(
            "SELECT onboarding.id, onboarding.state FROM onboarding JOIN customer"
            " ON customer.id = onboarding.customer WHERE customer.email = {}",
            email,
        )
        return rows[0] if rows else None

    async def knows(self, who: str) -> bool:
        """Tell whether somebody signed up."""
        return await self._onboarding_of(PEOPLE[who]["email"]) is not None
