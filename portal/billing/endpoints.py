"""Where a company's events come in, and by which secrets we know them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from portal.billing.stripe_events import BillingEvent
from portal.sealing import unseal
from portal.settings import settings
from portal.sites.tables import Company

_FRESH_S = 3.0
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One company's end of the wire: whose events it takes, and the secrets that sign them."""

    company: str
    account: str | None
    livemode: bool
    secrets: tuple[str, ...]
    until: float

    def takes(self, event: BillingEvent) -> bool:
        """Tell whether an event is of this company's own account and mode."""
        of_account = event.account is None or event.account == self.account
        return of_account and event.livemode is self.livemode


_known: dict[str, Endpoint] = {}


def forget_endpoints() -> None:
    """Read secrets anew from here on: when they have changed in this process, and between tests."""
    _known.clear()


async def find_endpoint(company_key: str) -> Endpoint | None:
    """Find a company's endpoint, as it was at most a few seconds ago; None for an unknown key."""
    known = _known.get(company_key)
    if known is not None and known.until > time.monotonic():
        return known
    if len(company_key) > 50 or "\0" in company_key:
        return None
    row = await (
        Company.select(
            Company.id, Company.stripe_account, Company.livemode, Company.webhook_secrets
        )
        .where(Company.key == company_key)
        .first()
    )
    if row is None:
        return None
    if len(_known) >= _MOST:
        _known.clear()
    found = _known[company_key] = Endpoint(
        company=row["id"],
        account=row["stripe_account"],
        livemode=row["livemode"],
        secrets=_secrets(row["webhook_secrets"]),
        until=time.monotonic() + _FRESH_S,
    )
    return found


def _secrets(sealed: str | None) -> tuple[str, ...]:
    """Return what may sign: the company's own, newest first, and the one of `stripe listen`."""
    own = json.loads(unseal(sealed, "webhook_secrets")) if sealed else []
    general = settings().stripe_webhook_secret
    return (*own, general.get_secret_value()) if general else tuple(own)
