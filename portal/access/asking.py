"""A new sign-in request, and how often one may be made."""

import json
from collections.abc import Mapping
from datetime import timedelta

from portal import clock
from portal.access.limits import (
    DAY,
    HOUR,
    MINUTE,
    Limit,
    full_of,
    network_of,
    never_more,
    wait_before,
)
from portal.access.tables import SignInRequest
from portal.access.tokens import token_of
from portal.customers.email import Email
from portal.customers.tables import Customer
from portal.errors import TooMany
from portal.ids import new_id
from portal.sealing import fingerprint, is_signed, seal, sign
from portal.sites.storefront import Storefront

VALID_FOR = timedelta(minutes=10)
DRAFT = "sign-in draft"
TO_SIGN_IN, TO_SIGN_IN_AGAIN = "sign-in", "sign-in again"
TO_CHANGE, TO_RESUME = "change", "resume"
"""What a mail is for that somebody asks for: each has a budget of an address of its own."""
_MARK = "browser that signed in"
_OF_NETWORK = "network:"


def network_limits(site: Storefront, ip: str | None) -> dict[str, Limit]:
    """Say how often mails may be asked for from one network, to whomever and whatever for."""
    if not ip:
        return {}
    network = network_of(ip)
    asked = site.limits["sign_ins_per_minute"], site.limits["sign_ins_per_hour"]
    return {
        f"{_OF_NETWORK}minute:{network}": never_more(asked[0], MINUTE),
        f"{_OF_NETWORK}hour:{network}": never_more(asked[1], HOUR),
    }


def address_limits(site: Storefront, email: Email, what_for: str) -> dict[str, Limit]:
    """Say how many mails of a kind one address may have, whoever asks for them.

    Who asks for one kind in somebody's name uses up none of the others: sign-in mails go on coming.
    """
    mails = site.limits["mails_per_hour"], site.limits["mails_per_day"]
    of = f"{_budget(what_for)}:{site.company_id}:{email.key}"
    return {
        f"mail:hour:{of}": never_more(mails[0], HOUR),
        f"mail:day:{of}": never_more(mails[1], DAY),
    }


def mark_of(company: str, email_key: str) -> str:
    """Return what a browser keeps in which this address has signed in: nobody else can make it.

    It lets nobody in. Its sign-in mails and tries at codes and passwords have budgets of their
    own, which no stranger uses up.
    """
    return sign(f"{company} {email_key}", _MARK)


def is_marked(mark: str, company: str, email_key: str) -> bool:
    """Tell whether a browser keeps the mark of this address."""
    return is_signed(f"{company} {email_key}", mark, _MARK)


def tries_of(company: str, email_key: str, mark: str) -> str:
    """Name whose tries at a secret are counted together: an address's, from wherever they come.

    Those of a browser in which it has signed in are apart: no stranger's tries use them up.
    """
    whose = "known" if is_marked(mark, company, email_key) else "address"
    return f"{whose}:{company}:{email_key}"


def _budget(what_for: str) -> str:
    return what_for


def is_of_network(key: str | None) -> bool:
    """Tell whether the limit of this key is a network's, and not an address's."""
    return key is not None and key.startswith(_OF_NETWORK)


async def may_mail(site: Storefront, email: Email, ip: str | None, what_for: str) -> bool:
    """Count one mail that somebody asks for, and tell whether this address may have it.

    Raises:
        TooMany: this network asked too often, for whomever. Of an address that was asked for too
            often nothing is said: the caller answers as if the mail were on its way.
    """
    full = await full_of(network_limits(site, ip) | address_limits(site, email, what_for))
    if is_of_network(full):
        raise TooMany
    return full is None


async def refuse_too_many(
    site: Storefront, customer: str, what: str, *, is_often_meant: bool = False
) -> None:
    """Count one more change of a kind that a customer is told of by mail.

    It is the change that has to wait, and not its mail: nothing is changed without their knowing.
    What somebody may well mean several times in a row (one seat more, and another) may be done in
    an hour as often as else in a day. Call it outside a transaction.

    Raises:
        TooMany: there were as many of this kind as an address may have mails of one.
    """
    an_hour, a_day = site.limits["mails_per_hour"], site.limits["mails_per_day"]
    hour, day = f"told:hour:{what}:{customer}", f"told:day:{what}:{customer}"
    if is_often_meant:
        most = {hour: never_more(a_day, HOUR)}
    else:
        most = {hour: never_more(an_hour, HOUR), day: never_more(a_day, DAY)}
    if wait := await wait_before(most):
        raise TooMany(again_in=wait)


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
