"""Whether mail can reach a domain, asked of DNS: it may say no, it never blocks when it is dead."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta
from functools import cache

import dns.asyncresolver
import dns.exception
import dns.resolver
from dns.asyncresolver import Resolver

from portal import clock
from portal.settings import settings

KEPT = {True: timedelta(hours=1), False: timedelta(minutes=5)}
_MOST_KEPT = 10_000

_answers: OrderedDict[str, tuple[bool, datetime]] = OrderedDict()


async def is_deliverable(
    domain: str, *, timeout_s: float = 2.0, resolver: Resolver | None = None
) -> bool | None:
    """Tell whether mail can reach a domain (in ASCII); None when DNS does not say in time.

    It can when the domain names a mail server (MX), or has an address itself; it cannot when the
    domain does not exist, has neither, or says that it takes no mail (RFC 7505). Take an address
    of unknown reach and mark it as unchecked. Answers are kept: yes an hour, no five minutes.
    With the setting check_email_dns off, nobody is asked and the answer is None.
    """
    if not settings().check_email_dns:
        return None
    known = _kept(domain)
    if known is not None:
        return known
    try:
        async with asyncio.timeout(timeout_s):
            answer = await _ask(domain, resolver or _own_resolver(), timeout_s)
    except (TimeoutError, OSError, dns.exception.DNSException):
        return None
    _keep(domain, answer)
    return answer


def forget_answers() -> None:
    """Ask anew for every domain."""
    _answers.clear()


async def _ask(domain: str, resolver: Resolver, timeout_s: float) -> bool:
    name = f"{domain.rstrip('.')}."
    try:
        servers = await resolver.resolve(name, "MX", lifetime=timeout_s)
    except dns.resolver.NXDOMAIN:
        return False
    except dns.resolver.NoAnswer:
        return await _has_address(name, resolver, timeout_s)
    return any(len(server.exchange.labels) > 1 for server in servers)


async def _has_address(name: str, resolver: Resolver, timeout_s: float) -> bool:
    """Ask for both kinds of address at once: one yes is enough, a no needs both."""
    found = await asyncio.gather(
        resolver.resolve(name, "A", lifetime=timeout_s),
        resolver.resolve(name, "AAAA", lifetime=timeout_s),
        return_exceptions=True,
    )
    if any(not isinstance(answer, BaseException) for answer in found):
        return True
    for failure in found:
        if isinstance(failure, BaseException) and not isinstance(failure, _ABSENT):
            raise failure
    return False


_ABSENT = (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN)


@cache
def _own_resolver() -> Resolver:
    """Read the machine's name servers, none of which may use up the time of the others."""
    resolver = Resolver()
    resolver.timeout = 0.8
    return resolver


def _kept(domain: str) -> bool | None:
    answer, until = _answers.get(domain, (None, clock.now()))
    return answer if until > clock.now() else None


def _keep(domain: str, answer: bool) -> None:
    _answers[domain] = (answer, clock.now() + KEPT[answer])
    _answers.move_to_end(domain)
    if len(_answers) > _MOST_KEPT:
        _answers.popitem(last=False)
