"""What we ask of Stripe, in our words, and the one client for it that each company has."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag

from portal.errors import KeyRejected
from portal.sealing import fingerprint, unseal
from portal.settings import settings
from portal.sites.tables import Company

if TYPE_CHECKING:
    from portal.billing.stripe_gateway import StripeGateway
    from portal.billing.stripe_transport import PacedTransport

REQUEST_S = 5.0
"""How long a person's request may wait for one call."""
WORKER_S = 20.0
"""How long the worker may."""

_FRESH_S = 5.0


@dataclass(frozen=True, slots=True)
class _Known:
    """A company's gateway, and until when we need not look at the company again."""

    gateway: StripeGateway
    until: float


_processes = 1
_gateways: dict[tuple[asyncio.AbstractEventLoop, str, str, str], StripeGateway] = {}
_of_company: dict[tuple[asyncio.AbstractEventLoop, str], _Known] = {}


async def gateway_of(company_id: str) -> StripeGateway:
    """Return the client of this company: one for each process, event loop and key.

    Raises:
        KeyRejected: the company has no key, or one of the other mode.
    """
    mine = asyncio.get_running_loop(), company_id
    known = _of_company.get(mine)
    if known is None or known.until < time.monotonic():
        known = _Known(await _look_up(company_id), time.monotonic() + _FRESH_S)
        _of_company[mine] = known
    return known.gateway


def open_gateway(key: str, *, livemode: bool | None = None, account: str = "new") -> StripeGateway:
    """Return the client for a key: of a company, or of one that is only being set up.

    Raises:
        KeyRejected: the key is of the other mode than the company.
    """
    from portal.billing.stripe_gateway import StripeGateway

    if livemode is not None and is_live(key) is not livemode:
        raise KeyRejected("The Stripe key is of the other mode (test or live) than the company.")
    api = settings().stripe_api
    name = asyncio.get_running_loop(), api, account, fingerprint(key)
    if name not in _gateways:
        _gateways[name] = StripeGateway(key, api, account)
        _gateways[name].transport.budget.processes = _processes
    return _gateways[name]


def share_calls(processes: int) -> None:
    """Call Stripe for so many processes at most as often as one alone might."""
    global _processes
    _processes = processes
    for gateway in _gateways.values():
        gateway.transport.budget.processes = processes


def held_companies() -> list[str]:
    """Name the companies for which nothing more should be begun at Stripe now.

    Either Stripe does not answer, or more is under way already than it takes in two seconds.
    """
    return [company for company, wire in _wires() if wire.is_down or wire.has_line]


def calls_per_s(company_id: str) -> float:
    """Return how many calls a second all our processes may make for a company; 0 if not known."""
    known = _of_company.get((asyncio.get_running_loop(), company_id))
    return known.gateway.transport.budget.calls_per_s if known else 0.0


def clock_ahead() -> timedelta | None:
    """Return how far our clock is ahead of Stripe's, if this process has heard it."""
    told = [wire.skew.ahead for _, wire in _wires() if wire.skew.ahead is not None]
    return max(told, key=abs, default=None)


def companies_answered_again() -> list[str]:
    """Name, once, the companies whose Stripe was down and has answered since."""
    return [company for company, wire in _wires() if wire.answers_again()]


def turn_away(company_id: str, reason: str) -> None:
    """Send home, unsent, what of a company stands in line: its key is not to be used, and why."""
    for company, wire in _wires():
        if company == company_id:
            wire.turn_away(reason)


def _wires() -> list[tuple[str, PacedTransport]]:
    here = asyncio.get_running_loop()
    return [
        (company, known.gateway.transport)
        for (loop, company), known in _of_company.items()
        if loop is here
    ]


def is_live(key: str) -> bool:
    """Tell a live key (sk_live_…, rk_live_…) from a test key."""
    return "_live_" in key[:8]


async def close_gateways() -> None:
    """Close this event loop's clients and their connections."""
    loop = asyncio.get_running_loop()
    for mine in [mine for mine in _of_company if mine[0] is loop]:
        del _of_company[mine]
    for name in [name for name in _gateways if name[0] is loop]:
        await _gateways.pop(name).close()


async def warm_gateways() -> None:
    """Load what the first call would load, beside whatever else starts up."""
    await asyncio.to_thread(_load)


def _load() -> None:
    from portal.billing.stripe_wire import load

    load()


async def _look_up(company_id: str) -> StripeGateway:
    company = await (
        Company.select(Company.stripe_key, Company.livemode, Company.stripe_account)
        .where(Company.id == company_id)
        .first()
    )
    general = settings().stripe_key
    if company is None or not (company["stripe_key"] or general):
        raise KeyRejected("This company has no Stripe key.")
    sealed = company["stripe_key"]
    key = _unsealed(sealed) if sealed else general.get_secret_value() if general else ""
    account = company["stripe_account"] or company_id
    return open_gateway(key, livemode=company["livemode"], account=account)


def _unsealed(sealed: str) -> str:
    try:
        return unseal(sealed, "stripe_key")
    except (InvalidTag, ValueError):
        raise KeyRejected("The Stripe key was sealed with another PORTAL_SECRET.") from None
