"""Sign in by a link in a mail: ask for it, look at it, use it up."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import InvalidTag

from portal import clock
from portal.access.asking import (
    DRAFT,
    TO_SIGN_IN,
    TO_SIGN_IN_AGAIN,
    is_marked,
    may_mail,
    new_request,
)
from portal.access.confirm import confirm_address
from portal.access.tables import SignInRequest
from portal.access.tokens import is_token
from portal.audit.record import record
from portal.customers.directory import find_by_email, lock_any_customer
from portal.customers.email import Email
from portal.customers.erased import is_erased, says_erased
from portal.customers.tables import Customer
from portal.database import transaction
from portal.errors import PortalError
from portal.operations.enqueue import enqueue
from portal.operations.wake import wake
from portal.sealing import fingerprint, unseal
from portal.sites.storefront import Storefront

SEND_SIGN_IN = "send_sign_in"


class LinkSpent(PortalError):
    """The link or code was used, has run out, or never was ours."""

    status = 410
    code = "link_spent"
    sentence = "That link has been used or has run out. Ask for a new one."


@dataclass(frozen=True, slots=True)
class Consumed:
    """A request that was just used up.

    Attributes:
        customer: whom it lets in, be it that they signed up since; None when a draft is still to be
            signed up.
        draft: the sign-up form as typed, if it waited for this address to be confirmed.
        other_browser: whether another browser asked for it than the one that used it.
        is_first: whether this confirmed the customer's address for the first time. Everything
            that was entered before may be a stranger's: show it, and ask to keep or clear it.
    """

    request: SignInRequest
    customer: str | None
    draft: dict[str, str] | None
    other_browser: bool
    is_first: bool


async def request_sign_in(
    site: Storefront,
    email: Email,
    *,
    customer: Customer | None,
    browser_hash: str,
    draft: Mapping[str, str] | None = None,
    ip: str | None = None,
    mark: str = "",
) -> None:
    """Have a mail with a link and a code sent, if we know this address or a draft waits for it.

    Does the same work and answers alike for known, unknown and too often asked for addresses:
    what differs happens later, in the worker. `draft` is a sign-up form as typed, `mark` what the
    browser keeps of having been signed in.

    Raises:
        TooMany: this network asked too often, for whomever. Of an address that was asked for too
            often nothing is said.
    """
    again = is_marked(mark, site.company_id, email.key)
    if not await may_mail(site, email, ip, TO_SIGN_IN_AGAIN if again else TO_SIGN_IN):
        return
    request = new_request(site, email, customer, browser_hash, draft)
    async with transaction():
        # Erased since they were found: then nobody is known by this address.
        if await is_erased(request.customer or ""):
            return
        await SignInRequest.insert(request)
        await enqueue(
            SEND_SIGN_IN,
            company=site.company_id,
            lane=None,
            params={"request": request.id},
            customer=request.customer,
            subject=request.id,
        )
    wake()


async def look_at(token: str) -> SignInRequest | None:
    """Return the request whose link carries this token. Changes nothing, however often."""
    if not is_token(token):
        return None
    return await SignInRequest.objects().get(SignInRequest.token_hash == fingerprint(token))


def state_of(
    request: SignInRequest | None, browser_hash: str | None
) -> Literal["ready", "other_browser", "spent"]:
    """Say what a link is good for in this browser."""
    if request is None or request.used_at or request.expires_at <= clock.now():
        return "spent"
    return "ready" if request.browser_hash == browser_hash else "other_browser"


async def use_up(request: SignInRequest, browser_hash: str | None) -> Consumed:
    """Use a request up, whether its link or its code was shown; exactly one caller succeeds.

    A link may be used in another browser than the one that asked: the page says so first, and
    the press of its button is the person's answer. The first use that confirms an address ends
    whatever a stranger may have begun with it.

    Raises:
        LinkSpent: somebody was faster, or it ran out.
    """
    async with transaction():
        customer = await _customer_of(request)
        await _take(request)
        await _end_others(request)
        is_first = bool(customer) and await confirm_address(customer, request.company)
        if customer:
            await _write_down(request, customer)
    return Consumed(
        request=request,
        customer=customer or None,
        draft=draft_of(request),
        other_browser=request.browser_hash != browser_hash,
        is_first=is_first,
    )


def draft_of(request: SignInRequest) -> dict[str, str] | None:
    """Open the sign-up that waits for this address; None when the address is a customer's.

    None also when it was sealed with another PORTAL_SECRET: then it has to be sent again.
    """
    if request.customer or not request.draft:
        return None
    try:
        draft: dict[str, str] = json.loads(unseal(request.draft, DRAFT))
    except InvalidTag:
        return None
    return draft


async def _take(request: SignInRequest) -> None:
    now = clock.now()
    taken = (
        await SignInRequest.update({SignInRequest.used_at: now})
        .where(
            SignInRequest.id == request.id,
            SignInRequest.used_at.is_null(),
            SignInRequest.expires_at > now,
        )
        .returning(SignInRequest.id)
    )
    if not taken:
        raise LinkSpent
    request.used_at = now


async def _end_others(request: SignInRequest) -> None:
    """End every other open link to this address."""
    await SignInRequest.update({SignInRequest.used_at: request.used_at}).where(
        SignInRequest.company == request.company,
        SignInRequest.email_key == request.email_key,
        SignInRequest.used_at.is_null(),
    )


async def _customer_of(request: SignInRequest) -> str:
    """Hold whose address it is by now, before the requests, and return their id: a stranger may
    have signed it up since. For who was erased meanwhile it is spent."""
    found = None if request.customer else await find_by_email(request.company, request.email_key)
    customer = str(request.customer or (found.id if found else ""))
    if customer and says_erased(str((await lock_any_customer(customer)).status)):
        raise LinkSpent
    return customer


async def _write_down(request: SignInRequest, customer: str) -> None:
    await record(
        "customer.signed_in", company=request.company, actor="customer", object_id=customer
    )
