"""What somebody declares without signing in: that they cancel, or withdraw from, a contract.

It is taken from anybody, written down, and confirmed by a mail to the address they gave. Only the
link in that mail, and a button behind it, ends anything: so nobody ends another's contract, and
nobody learns here whose address we know.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from portal import clock
from portal.access.tokens import token_of_declaration
from portal.audit.record import record
from portal.customers.contact import home_of
from portal.customers.directory import find_by_email
from portal.customers.email import Email
from portal.customers.erased import is_erased
from portal.database import run_sql, transaction
from portal.ids import new_id
from portal.operations.wake import wake
from portal.sealing import fingerprint
from portal.sites.storefront import Storefront
from portal.subscriptions.cancel import NothingToEnd, cancel_plan
from portal.subscriptions.declared import WITHDRAW, sealed, whose_contract
from portal.subscriptions.declared_mails import owe_mails
from portal.subscriptions.declared_often import timing_of
from portal.subscriptions.tables import Declaration
from portal.subscriptions.withdraw import CannotWithdraw, withdraw

KEPT_OF_NOBODY = timedelta(days=90)


async def declare(
    site: Storefront,
    kind: str,
    email: Email,
    said: Mapping[str, str],
    *,
    browser_hash: str,
    locale: str,
    ip: str | None = None,
) -> str:
    """Write down what somebody declares, and owe the mail that confirms it; return its id.

    Does the same work for known and unknown addresses. Where too many mails were asked for, theirs
    comes some hours later, with all that was declared meanwhile; so does the seller's.

    Raises:
        TooMany: too much came from this network.
    """
    timing = await timing_of(site, email, ip, has_cause=bool(said.get("cause")))
    customer = await find_by_email(site.company_id, email.key)
    declared_id = new_id("decl")
    async with transaction():
        is_gone = await is_erased(str(customer.id) if customer else "")
        declared = Declaration(
            id=declared_id,
            company=site.company_id,
            site=site.id,
            kind=kind,
            customer=customer.id if customer and not is_gone else None,
            email=email.address,
            email_key=email.key,
            said=sealed(said),
            locale=locale,
            browser_hash=browser_hash,
            token_hash=fingerprint(token_of_declaration(declared_id)),
            mail_waits=timing.late,
            seller_waits=timing.seller_late,
            received_at=clock.now(),
        )
        await Declaration.insert(declared)
        await record(
            f"contract.{kind}_declared", company=site.company_id, actor="visitor",
            object_id=declared_id,
        )  # fmt: skip
        await owe_mails(site, declared, timing)
    wake()
    return declared_id


async def confirm_declaration(declared: Declaration) -> bool:
    """Do what was declared, from whose mail it came back; False when there is nothing to end.

    Safe to repeat: what it has done is done before it is written down that it was confirmed.
    """
    customer = await whose_contract(declared)
    if not customer:
        return False
    try:
        if declared.kind == WITHDRAW:
            await withdraw(await home_of(customer), customer, declared_at=declared.received_at)
        else:
            await cancel_plan(str(declared.company), customer)
    except (CannotWithdraw, NothingToEnd):
        return False
    await Declaration.update({Declaration.confirmed_at: clock.now()}).where(
        Declaration.id == declared.id, Declaration.confirmed_at.is_null()
    )
    return True


async def forget_declarations() -> None:
    """Delete what was declared with addresses of nobody we know, some months after."""
    await run_sql(
        "DELETE FROM declaration WHERE customer IS NULL AND received_at < {}",
        clock.now() - KEPT_OF_NOBODY,
    )
