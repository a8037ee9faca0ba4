"""The mails about what was declared: to whoever declared it, and to the seller who has to judge it.

Many at once become few mails: beyond the limits they wait for each other (`declared_several`).
"""

from __future__ import annotations

from datetime import timedelta

from portal import clock
from portal.deliveries.mail import NOT_NEEDED, Mail, send
from portal.errors import Refused
from portal.operations.enqueue import enqueue
from portal.operations.step import Claimed, Step
from portal.sites.storefront import Storefront, site_of
from portal.subscriptions.declared import CONFIRM_WITHIN
from portal.subscriptions.declared_often import Timing
from portal.subscriptions.declared_several import (
    THEM,
    gather_for_seller,
    gather_for_them,
    note_told,
    tell_seller_instead,
    told_of,
)
from portal.subscriptions.tables import Declaration

SEND_DECLARATION = "send_declaration"


async def owe_mails(site: Storefront, declared: Declaration, timing: Timing) -> None:
    """Owe the mails about a declaration, in the transaction that writes it down."""
    if timing.late:
        await gather_for_them(site, declared)
    else:
        await _owe(site, declared, THEM)
    if timing.seller_late:
        await gather_for_seller(site)
    elif timing.tells_seller:
        await _owe(site, declared, "seller")


async def write_declaration(op: Claimed) -> Mail | None:
    """Write the mail that confirms what was declared and when, with the way to have it done."""
    declared = await Declaration.objects().get(Declaration.id == op.params["declaration"])
    if declared is None:
        return None
    site, locale = await site_of(str(declared.site)), str(declared.locale)
    is_theirs = op.params["to"] == THEM
    told = await told_of(site, declared, locale, is_theirs=is_theirs)
    context = told | {"is_theirs": is_theirs, "days": CONFIRM_WITHIN.days}
    to = str(declared.email) if is_theirs else site.support_email
    return Mail(site, to, "declared", context, locale)


async def _send(op: Claimed) -> str:
    mail = await write_declaration(op)
    return await send(mail, op) if mail else NOT_NEEDED


async def _sent(op: Claimed, result: str) -> None:
    if op.params["to"] == THEM:
        await note_told([op.params["declaration"]], clock.now())


async def _not_taken(op: Claimed, refused: Refused) -> None:
    """Tell the seller instead, with what else they are told; and again, if it was they."""
    which = Declaration.id == op.params["declaration"]
    is_theirs = op.params["to"] == THEM
    await tell_seller_instead(await Declaration.objects().where(which), is_unreached=is_theirs)


send_declaration = Step(call=_send, done=_sent, refused=_not_taken)


async def _owe(site: Storefront, declared: Declaration, to: str) -> None:
    await enqueue(
        SEND_DECLARATION,
        company=site.company_id,
        lane=None,
        params={"declaration": str(declared.id), "to": to},
        subject=str(declared.id),
        after=timedelta(0),
    )
