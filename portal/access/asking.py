"""A new sign-in request, and how often one may be made."""

import json
from collections.abc import Mapping
from datetime import timedelta

from portal import clock
from portal.access.limits import DAY, HOUR, MINUTE, Limit, full_of, network_of, never_more
from portal.access.tables import SignInRequest
from portal.access.tokens import token_of
from portal.customers.email import Email
from portal.customers.tables import Customer
from portal.errors import TooMany
from portal.ids import new_id
from portal.sealing import fingerprint, seal
from portal.sites.storefront import Storefront

VALID_FOR = timedelta(minutes=10)
DRAFT = "sign-in draft"
OF_NETWORK = "sign-in:"
"""How the keys begin of the limits that are a network's, whomever it asks for."""


def mail_limits(site: Storefront, email: Email, ip: str | None) -> dict[str, Limit]:
    """Say how often: per network for whomever, then per address for whoever asks."""
    mails = site.limits["mails_per_hour"], site.limits["mails_per_day"]
    limits = {}
    if ip:
        network = network_of(ip)
        asked = site.limits["sign_ins_per_minute"], site.limits["sign_ins_per_hour"]
        limits[f"{OF_NETWORK}minute:{network}"] = never_more(asked[0], MINUTE)
        limits[f"{OF_NETWORK}hour:{network}"] = never_more(asked[1], HOUR)
    limits[f"mail:hour:{site.company_id}:{email.key}"] = never_more(mails[0], HOUR)
    limits[f"mail:day:{site.company_id}:{email.key}"] = never_more(mails[1], DAY)
    return limits


async def may_mail(site: Storefront, email: Email, ip: str | None) -> bool:
    """Count one mail that somebody asks for, and tell whether this address may have it.

    Raises:
        TooMany: this network asked too often, for whomever. Of an address that was asked for too
            often nothing is said: the caller answers as if the mail were on its way.
    """
    full = await full_of(mail_limits(site, email, ip))
    if full and full.startswith(OF_NETWORK):
        raise TooMany
    return not full


def new_request(
    site: Storefront,
    email: Email,
    customer: Customer | None,
    browser_hash: str,
    draft: Mapping[str, str] | None,
) -> SignInRequest:
    """Make the row of one mail. Its secrets are not in it, only the fingerprint of one."""
    request_id, now = new_id("sign"), clock.now()
    return SignInRequest(
        id=request_id,
        company=site.company_id,
        site=site.id,
        customer=customer.id if customer else None,
        email=email.address,
        email_key=email.key,
        token_hash=fingerprint(token_of(request_id)),
        browser_hash=browser_hash,
        draft=None if draft is None else seal(json.dumps(dict(draft)), DRAFT),
        created_at=now,
        expires_at=now + VALID_FOR,
    )
