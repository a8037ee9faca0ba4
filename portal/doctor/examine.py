"""Look at everything, one finding after the other; change nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

from portal.billing.gateway import close_gateways
from portal.database import close_database, is_sqlite
from portal.doctor import machine, post
from portal.doctor.finding import Finding, warning
from portal.doctor.stripe import look_at_stripe, sellers
from portal.doctor.traffic import look_at_traffic, look_at_workers
from portal.doctor.webhooks import look_at_webhooks
from portal.settings import settings


async def examine() -> AsyncIterator[Finding]:
    """Check settings, database, disk, mail, DNS, and each company's Stripe and traffic.

    What cannot be looked at because of an earlier failure is left out.
    """
    read = machine.read_settings()
    yield read
    if read.state == "failed":
        return
    chosen = settings()
    yield machine.look_at_secret(chosen)
    yield machine.look_at_base_url(chosen.base_url)
    for finding in machine.look_at_disks(chosen):
        yield finding
    yield await post.look_at_mail(chosen)
    yield await post.look_at_dns(chosen)
    opened = await machine.open_for_a_look()
    yield opened
    try:
        if opened.state == "ok":
            async for finding in _look_inside():
                yield finding
    finally:
        await close_gateways()
        await close_database()


async def _look_inside() -> AsyncIterator[Finding]:
    if is_sqlite():
        yield await machine.look_at_sqlite()
    yield await look_at_workers()
    known = await sellers()
    if not known:
        yield warning("companies", "There is none: describe yours, and run `portal apply FILE`.")
    for seller in known:
        async for finding in look_at_stripe(seller):
            yield finding
        async for finding in look_at_traffic(seller):
            yield finding
        yield await look_at_webhooks(seller)
