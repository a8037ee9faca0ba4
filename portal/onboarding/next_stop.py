"""Find out where somebody goes next who has just signed up."""

from __future__ import annotations

import asyncio
import time
from contextvars import Context
from dataclasses import dataclass
from typing import Any

from portal.billing.gateway import calls_per_s, gateway_of, held_companies
from portal.database import run_sql
from portal.errors import EffectError, Indeterminate, NotBegun, Unanswered
from portal.onboarding.params import portal_locale
from portal.operations.line import ahead_of
from portal.operations.wake import listening
from portal.settings import settings
from portal.sites.storefront import site_of

PORTAL_S = 1.5
# Another process's worker may have done it, and it cannot tell us.
_LOOK_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class PortalPage:
    """Stripe's billing portal. The address is a credential: redirect to it, never keep it."""

    url: str
    onboarding: str
    site: str
    customer: str


@dataclass(frozen=True, slots=True)
class WelcomePage:
    """Nothing to pay, or no plan, or no billing portal to be had: the welcome page."""

    onboarding: str


@dataclass(frozen=True, slots=True)
class StatusPage:
    """Not done yet: the page that waits and goes on by itself, in about so many seconds."""

    onboarding: str
    expected_s: int = 0


@dataclass(frozen=True, slots=True)
class FormAgain:
    """Stripe refused something the person can mend: the form's field, and Stripe's reason."""

    onboarding: str
    site: str
    field: str
    code: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """Stripe refused something of the seller's: we have the details and will write."""

    onboarding: str


Stop = PortalPage | WelcomePage | StatusPage | FormAgain | Stuck


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an onboarding has come, with what the next stop needs."""

    id: str
    state: str
    site: str
    company: str
    customer: str
    customer_stripe_id: str | None
    locale: str
    amount: int
    field: str
    code: str

    @property
    def is_under_way(self) -> bool:
        """Tell whether our worker still has something to do."""
        return self.state in ("accepted", "customer_made")

    @property
    def has_to_pay(self) -> bool:
        """Tell whether a payment method will be needed, now or after the trial."""
        return self.amount > 0


async def next_stop(onboarding_id: str, *, wait_s: float) -> Stop:
    """Wait this long for the sign-up to be done at Stripe, and say where to go then.

    The portal session is minted beside the subscription, as soon as the customer exists; it may
    take up to PORTAL_S more. Safe to ask again: a new session is minted each time. Whether they may
    be led to it, asks whoever leads them.
    """
    until = time.monotonic() + wait_s
    minting: asyncio.Task[str] | None = None
    try:
        with listening(onboarding_id) as news:
            while True:
                progress = await _read(onboarding_id)
                # Where nothing is begun at Stripe, nobody is kept waiting for it.
                is_held = progress.company in held_companies()
                left = 0.0 if is_held else until - time.monotonic()
                goes_on = progress.is_under_way and left > 0
                if minting is None and _may_mint(progress, goes_on=goes_on):
                    minting = _begin(_mint(progress))
                if not goes_on:
                    return await _stop(progress, minting)
                await news.heard(min(_LOOK_EVERY_S, left))
    finally:
        if minting:
            minting.cancel()


async def _read(onboarding_id: str) -> Progress:
    rows = await run_sql(_SELECT, onboarding_id)
    return Progress(**rows[0])


_SELECT = """SELECT onboarding.id, onboarding.state, onboarding.site, customer.company,
 customer.id AS customer, customer.stripe_id AS customer_stripe_id, customer.locale,
 COALESCE(onboarding.lasting_amount, price.amount, 0) AS amount,
 onboarding.problem_field AS field, onboarding.problem_code AS code
 FROM onboarding JOIN customer ON customer.id = onboarding.customer
 LEFT JOIN price ON price.id = onboarding.price WHERE onboarding.id = {}"""


def _may_mint(progress: Progress, *, goes_on: bool) -> bool:
    if progress.customer_stripe_id is None or not progress.has_to_pay:
        return False
    return goes_on or progress.state == "ready"


def _begin(minting: Any) -> asyncio.Task[str]:
    """Start it in a context of its own, so that it shares no transaction with anybody."""
    task: asyncio.Task[str] = asyncio.create_task(minting, context=Context())
    # Whoever gave up waiting does not want to hear of its error either.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


async def _mint(progress: Progress) -> str:
    site = await site_of(progress.site)
    gateway = await gateway_of(progress.company)
    assert progress.customer_stripe_id is not None
    return await gateway.create_portal_session(
        progress.customer_stripe_id,
        return_url=f"{settings().base_url}/welcome?onboarding={progress.id}",
        flow=True,
        configuration=site.portal_configuration,
        locale=portal_locale(progress.locale),
    )


async def _stop(progress: Progress, minting: asyncio.Task[str] | None) -> Stop:
    if progress.state == "refused":
        return FormAgain(progress.id, progress.site, progress.field, progress.code)
    if progress.state == "stuck":
        return Stuck(progress.id)
    if progress.is_under_way:
        return StatusPage(progress.id, await _expected_s(progress))
    if minting is None:
        return WelcomePage(progress.id)
    try:
        async with asyncio.timeout(PORTAL_S):
            url = await minting
    except (TimeoutError, Unanswered, NotBegun, Indeterminate):
        return StatusPage(progress.id)
    except EffectError:
        return WelcomePage(progress.id)
    return PortalPage(url, progress.id, progress.site, progress.customer)


async def _expected_s(progress: Progress) -> int:
    """Return about how many seconds those who came before will take at Stripe."""
    rate = calls_per_s(progress.company)
    return round(await ahead_of(progress.company, progress.id) / rate) if rate else 0
