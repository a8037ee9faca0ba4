"""Sign in by a link in a mail: ask for it, look at it, use it up."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from portal import clock
from portal.access.flows import end_flows
from portal.access.limits import DAY, HOUR, MINUTE, Limit, allow_all, network_of, never_more
from portal.access.sessions import end_all
from portal.access.tables import SignInRequest
from portal.access.tokens import is_token, token_of
from portal.audit.record import record
from portal.customers.email import Email
from portal.customers.tables import Customer
from portal.database import transaction
from portal.errors import PortalError
from portal.ids import new_id
from portal.operations.enqueue import enqueue
from portal.operations.wake import wake
from portal.sealing import fingerprint, seal, unseal
from portal.sites.storefront import Storefront

SEND_SIGN_IN = "send_sign_in"
VALID_FOR = timedelta(minutes=10)
_DRAFT = "sign-in draft"


class LinkSpent(PortalError):
    """The link or code was used, has run out, or never was ours."""

    status = 410
    code = "link_spent"
    sentence = "That link has been used or has run out. Ask for a new one."


@dataclass(frozen=True, slots=True)
class Consumed:
    """A request that was just used up.

    Attributes:
        customer: whom it lets in; None when a draft is still to be signed up.
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
) -> None:
    """Have a mail with a link and a code sent, if we know this address or a draft waits for it.

    Does the same work and answers alike for known, unknown and too often asked for addresses:
    what differs happens later, in the worker. `draft` is a sign-up form as typed.
    """
    if not await allow_all(_mail_limits(site, email, ip)):
        return
    request = _new_request(site, email, customer, browser_hash, draft)
    async with transaction():
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


async def consume(token: str, browser_hash: str | None) -> Consumed:
    """Use the link up; open a session for the customer it names.

    A link may be used in another browser than the one that asked: the page says so first, and
    the press of its button is the person's answer.

    Raises:
        LinkSpent: somebody was faster, it ran out, or we never sent it.
    """
    request = await look_at(token)
    if request is None:
        raise LinkSpent
    return await use_up(request, browser_hash)


async def use_up(request: SignInRequest, browser_hash: str | None) -> Consumed:
    """Use a request up, whether its link or its code was shown; exactly one caller succeeds.

    The first use that confirms an address ends whatever a stranger may have begun with it.

    Raises:
        LinkSpent: somebody was faster, or it ran out.
    """
    async with transaction():
        await _take(request)
        await _end_others(request)
        is_first = await _confirm_address(request)
        if request.customer:
            await _write_down(request, "customer.signed_in", ())
    return Consumed(
        request=request,
        customer=request.customer,
        draft=draft_of(request),
        other_browser=request.browser_hash != browser_hash,
        is_first=is_first,
    )


def draft_of(request: SignInRequest) -> dict[str, str] | None:
    """Open the sign-up that waits for this address; None when the address is a customer's."""
    if request.customer or not request.draft:
        return None
    draft: dict[str, str] = json.loads(unseal(request.draft, _DRAFT))
    return draft


def _mail_limits(site: Storefront, email: Email, ip: str | None) -> dict[str, Limit]:
    per_hour = never_more(site.limits.get("mails_per_hour", 3), HOUR)
    per_day = never_more(site.limits.get("mails_per_day", 10), DAY)
    limits = {}
    if ip:
        network = network_of(ip)
        asked = site.limits.get("sign_ins_per_minute", 5), site.limits.get("sign_ins_per_hour", 20)
        limits[f"sign-in:minute:{network}"] = never_more(asked[0], MINUTE)
        limits[f"sign-in:hour:{network}"] = never_more(asked[1], HOUR)
    limits[f"mail:hour:{site.company_id}:{email.key}"] = per_hour
    limits[f"mail:day:{site.company_id}:{email.key}"] = per_day
    return limits


def _new_request(
    site: Storefront,
    email: Email,
    customer: Customer | None,
    browser_hash: str,
    draft: Mapping[str, str] | None,
) -> SignInRequest:
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
        draft=None if draft is None else seal(json.dumps(dict(draft)), _DRAFT),
        created_at=now,
        expires_at=now + VALID_FOR,
    )


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
    """End every other open link to this address: they were asked for, but one was used."""
    await SignInRequest.update({SignInRequest.used_at: request.used_at}).where(
        SignInRequest.company == request.company,
        SignInRequest.email_key == request.email_key,
        SignInRequest.used_at.is_null(),
    )


async def _confirm_address(request: SignInRequest) -> bool:
    if not request.customer:
        return False
    confirmed = (
        await Customer.update({Customer.email_verified_at: request.used_at})
        .where(Customer.id == request.customer, Customer.email_verified_at.is_null())
        .returning(Customer.id)
    )
    if not confirmed:
        return False
    await end_all(request.customer)
    await end_flows(request.customer)
    await _write_down(request, "customer.email_verified", ("email_verified_at",))
    return True


async def _write_down(request: SignInRequest, action: str, fields: tuple[str, ...]) -> None:
    await record(
        action,
        company=request.company,
        actor="customer",
        object_id=str(request.customer),
        fields=fields,
    )
