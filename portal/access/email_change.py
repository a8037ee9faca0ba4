"""Another e-mail address to sign in with: the new one is confirmed, the old one may take it back.

Nothing changes before the link in the mail to the new address is used, by whoever asked for it.
"""

from __future__ import annotations

from portal import clock
from portal.access.asked_changes import UNDO_WITHIN, unconfirmed
from portal.access.asking import TO_CHANGE, may_mail
from portal.access.flows import end_flows
from portal.access.limits import DAY, HOUR, never_more, wait_before
from portal.access.links import LinkSpent
from portal.access.sessions import SignedIn, end_all, end_all_but
from portal.access.tables import EmailChange, SignInRequest
from portal.access.tokens import token_of_change, token_of_undoing
from portal.access.ways_in import take_ways_in
from portal.audit.record import record
from portal.customers.billing_email import owe_email
from portal.customers.directory import lock_customer, set_email
from portal.customers.email import Email
from portal.customers.told import UPDATED, tell_of
from portal.database import transaction
from portal.errors import TooMany
from portal.ids import new_id
from portal.operations.enqueue import enqueue
from portal.operations.wake import wake
from portal.sealing import fingerprint
from portal.sites.storefront import Storefront

SEND_EMAIL_CHANGE, SEND_EMAIL_CHANGED = "send_email_change", "send_email_changed"
_MOST_AN_HOUR, _MOST_A_DAY = 6, 12


async def ask_email_change(
    session: SignedIn, site: Storefront, email: Email, *, unchecked: bool, ip: str | None
) -> None:
    """Have a mail sent to the new address; what it says depends on whose that is, no answer does.

    Raises:
        TooMany: this customer or this network asked too often, for whomever. Of an address that
            was asked for too often nothing is said.
    """
    asked = {
        f"change:hour:{session.customer}": never_more(_MOST_AN_HOUR, HOUR),
        f"change:day:{session.customer}": never_more(_MOST_A_DAY, DAY),
    }
    if wait := await wait_before(asked):
        raise TooMany(again_in=wait)
    if not await may_mail(site, email, ip, TO_CHANGE):
        return
    change_id, now = new_id("emch"), clock.now()
    async with transaction():
        customer = await lock_customer(session.customer)
        await _end_open(session.customer)
        await EmailChange.insert(
            EmailChange(
                id=change_id,
                company=session.company,
                site=site.id,
                customer=session.customer,
                email=email.address,
                email_key=email.key,
                email_unchecked=unchecked,
                former_email=customer.email,
                former_key=customer.email_key,
                confirm_hash=fingerprint(token_of_change(change_id)),
                undo_hash=fingerprint(token_of_undoing(change_id)),
                created_at=now,
            )
        )
        await _mail(SEND_EMAIL_CHANGE, session.company, session.customer, change_id)
    wake()


async def confirm_email_change(change: EmailChange, session: SignedIn) -> None:
    """Sign in by the new address from now on; only for its own customer, and once.

    Every other browser, flow and open link of the customer ends. The former address is told, and
    Stripe's copy follows unless bills go elsewhere.

    Raises:
        LinkSpent: it was used, has run out, or is not theirs.
        EmailTaken: somebody signed up with that address meanwhile.
    """
    async with transaction():
        customer = await lock_customer(str(change.customer))
        if session.customer != customer.id or not await _take(change):
            raise LinkSpent
        await set_email(
            customer, change.email, change.email_key, unchecked=bool(change.email_unchecked)
        )
        await _end_open(session.customer)
        await end_all_but(session)
        await _end_ways_in(session.customer)
        await _follow(change, "customer.email_changed", str(change.email), customer.billing_email)
        await _mail(SEND_EMAIL_CHANGED, session.company, session.customer, str(change.id))
    wake()


async def undo_email_change(change: EmailChange) -> None:
    """Give the customer their former address back, and end every session and later change.

    A password and passkeys go as well: whoever changed the address may have set them.

    Raises:
        LinkSpent: it was used, or seven days are over.
        EmailTaken: somebody signed up with that address meanwhile.
    """
    customer_id = str(change.customer)
    async with transaction():
        customer = await lock_customer(customer_id)
        if not await _take_back(change):
            raise LinkSpent
        await set_email(customer, change.former_email, change.former_key, unchecked=False)
        await _end_open(customer_id)
        await end_all(customer_id)
        await take_ways_in(customer_id)
        await _end_ways_in(customer_id)
        await _follow(
            change, "customer.email_change_undone", str(change.former_email), customer.billing_email
        )
    wake()


async def end_former_ways_in(customer: str) -> None:
    """End what lets somebody in by an address that a program has put another in the place of."""
    await _end_open(customer)
    await end_all(customer)
    await _end_ways_in(customer)


async def _take(change: EmailChange) -> bool:
    taken = (
        await EmailChange.update({EmailChange.confirmed_at: clock.now()})
        .where(EmailChange.id == change.id, *unconfirmed())
        .returning(EmailChange.id)
    )
    return bool(taken)


async def _take_back(change: EmailChange) -> bool:
    """End a change and those that came after it: who undoes one is never undone by a later."""
    now = clock.now()
    taken = (
        await EmailChange.update({EmailChange.ended_at: now})
        .where(
            EmailChange.id == change.id,
            EmailChange.ended_at.is_null(),
            EmailChange.confirmed_at > now - UNDO_WITHIN,
        )
        .returning(EmailChange.id)
    )
    if taken:
        await EmailChange.update({EmailChange.ended_at: now}).where(
            EmailChange.customer == change.customer,
            EmailChange.created_at > change.created_at,
            EmailChange.ended_at.is_null(),
        )
    return bool(taken)


async def _end_open(customer: str) -> None:
    """End what the customer asked for before and did not confirm."""
    await EmailChange.update({EmailChange.ended_at: clock.now()}).where(
        EmailChange.customer == customer,
        EmailChange.confirmed_at.is_null(),
        EmailChange.ended_at.is_null(),
    )


async def _end_ways_in(customer: str) -> None:
    """End what lets somebody in who has only the address that is no longer theirs."""
    await end_flows(customer)
    await SignInRequest.update({SignInRequest.used_at: clock.now()}).where(
        SignInRequest.customer == customer, SignInRequest.used_at.is_null()
    )


async def _follow(change: EmailChange, action: str, address: str, billed_to: str) -> None:
    """Write it down, and have Stripe write there too unless bills go elsewhere."""
    if not billed_to:
        await owe_email(str(change.customer), str(change.company), address)
    await record(
        action,
        company=str(change.company),
        actor="customer",
        object_id=str(change.customer),
        fields=("email",),
    )
    await tell_of(UPDATED, str(change.customer), company=str(change.company))


async def _mail(kind: str, company: str, customer: str, change_id: str) -> None:
    params = {"change": change_id}
    await enqueue(
        kind, company=company, lane=None, params=params, customer=customer, subject=change_id
    )
