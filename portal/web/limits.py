"""How often one address may try something: counted in this process, forgotten with it."""

from __future__ import annotations

from functools import lru_cache

from portal.access.limits import HOUR, MINUTE, Limit, RecentTries, network_of, never_more
from portal.sites.storefront import Storefront
from portal.web.client import address_of
from portal.web.scope import Scope

_WITHIN_S = {"minute": MINUTE, "hour": HOUR}
_RECENT = [RecentTries()]


def is_within(scope: Scope, site: Storefront, *names: str) -> bool:
    """Count one try of whoever asks and tell whether it is within the site's limits so named."""
    network = network_of(address_of(scope))
    for name in names:
        most = site.limits[name]
        if most < 1 or not _RECENT[0].allow(f"{name} {site.id} {network}", _limit(name, most)):
            return False
    return True


def forget_limits() -> None:
    """Start counting anew."""
    _RECENT[0] = RecentTries()


@lru_cache(256)
def _limit(name: str, most: int) -> Limit:
    return never_more(most, _WITHIN_S[name.rpartition("_")[2]])
