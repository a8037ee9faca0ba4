"""Signing in, for tests that begin behind the door."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from portal import clock
from portal.database import run_sql
from tests.pages.browsing import Visitor
from tests.pages.mails import link_in, mail_to, mails, text_of
from tests.people import ADA


async def sign_in(visitor: Visitor, email: str = ADA["email"]) -> None:
    """Ask for a link and use it."""
    before = {text_of(mail) for mail in mails()}
    await visitor.send("/signin", await visitor.fill("/signin", {"email": email}))
    text = await mail_to(email)
    while text in before:
        await asyncio.sleep(0.025)
        text = await mail_to(email)
    await visitor.press(await visitor.open(link_in(text)), "")


async def customer_at(visitor: Visitor, typed: dict[str, str] = ADA) -> None:
    """Sign somebody up, and in."""
    await visitor.sign_up(typed)
    await sign_in(visitor, typed["email"])


async def age_sessions(by: timedelta) -> None:
    """Have every sign-in be so long ago."""
    await run_sql("UPDATE session SET signed_in_at = {}", clock.now() - by)
