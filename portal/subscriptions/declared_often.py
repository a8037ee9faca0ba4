"""How often declarations are told of at once; beyond that their mails wait for each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from portal.access.asking import is_of_network, network_limits
from portal.access.limits import DAY, HOUR, Limit, allow_all, full_of, never_more
from portal.customers.email import Email
from portal.errors import TooMany
from portal.sites.storefront import Storefront

GATHERED_AFTER = timedelta(hours=6)
NEXT_AFTER = timedelta(hours=1)
"""When one mail could not hold all that waited: so that nobody's declarations fall behind."""
# What is gathered makes one of the mails of an hour, and four of a day: they are kept free for it.
_GATHERED_AN_HOUR, _GATHERED_A_DAY = 1, 4


@dataclass(frozen=True, slots=True)
class Timing:
    """Which of the mails about a declaration wait for others; the seller may need none."""

    late: bool
    tells_seller: bool
    seller_late: bool


async def timing_of(site: Storefront, email: Email, ip: str | None, *, has_cause: bool) -> Timing:
    """Count one more declaration, and say when it can be told of. Call it outside a transaction.

    Raises:
        TooMany: too much came from this network.
    """
    full = await full_of(network_limits(site, ip) | _of_address(site, email))
    if is_of_network(full):
        raise TooMany
    late, tells = full is not None, bool(has_cause and site.support_email)
    seller_late = tells and (late or not await allow_all(_of_seller(site)))
    return Timing(late, tells, seller_late)


def _of_address(site: Storefront, email: Email) -> dict[str, Limit]:
    mails, of = site.limits, f"{site.company_id}:{email.key}"
    an_hour = _at_once(mails["mails_per_hour"], _GATHERED_AN_HOUR)
    a_day = _at_once(mails["mails_per_day"], _GATHERED_A_DAY)
    return {
        f"declared:hour:{of}": never_more(an_hour, HOUR),
        f"declared:day:{of}": never_more(a_day, DAY),
    }


def _at_once(most: int, gathered: int) -> int:
    """Return how many mails need not wait: one at least, where there may be any."""
    return max(most - gathered, min(most, 1))


def _of_seller(site: Storefront) -> dict[str, Limit]:
    return {f"declared:seller:{site.id}": never_more(site.limits["seller_mails_per_hour"], HOUR)}
