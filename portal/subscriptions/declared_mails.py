"""The mails about what was declared: to whoever declared it, and to the seller who has to judge it.

Many at once become few mails. Beyond the limits a mail waits some hours, and then tells of all that
came meanwhile: a stranger fills nobody's mailbox, and nothing that was declared goes untold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from portal.amounts import written_moment
from portal.database import run_sql
from portal.deliveries.mail import Mail, link_to, mail_step, send
from portal.errors import Refused
from portal.operations.enqueue import enqueue
from portal.operations.step import Claimed, Step
from portal.sealing import fingerprint
from portal.sites.storefront import Storefront, site_of
from portal.subscriptions.declared import (
    CONFIRM_WITHIN,
    bare,
    path_to_confirm,
    plan_meant_by,
    said_in,
)
from portal.subscriptions.declared_often import GATHERED_AFTER, Timing
from portal.subscriptions.tables import Declaration

SEND_DECLARATION, SEND_DECLARATIONS = "send_declaration", "send_declarations"
MOST_TOLD = 50
"""Of what waits, in one mail: the next one tells of the rest."""


async def owe_mails(site: Storefront, declared: Declaration, timing: Timing) -> None:
    """Owe the mails about a declaration, in the transaction that writes it down."""
    about = str(declared.id)
    if timing.late:
        address = f"{site.company_id} {str(declared.email).lower()}"
        await _gather(site, address, {"to": "them", "declaration": about})
    else:
        await _owe(site, {"declaration": about, "to": "them"}, about)
    if timing.seller_late:
        await _gather(site, site.id, {"to": "seller", "site": site.id})
    elif timing.tells_seller:
        await _owe(site, {"declaration": about, "to": "seller"}, about)


async def write_declaration(op: Claimed) -> Mail | None:
    """Write the mail that confirms what was declared and when, with the way to have it done."""
    declared = await Declaration.objects().get(Declaration.id == op.params["declaration"])
    if declared is None:
        return None
    site, locale = await site_of(str(declared.site)), str(declared.locale)
    is_theirs = op.params["to"] == "them"
    told = await _told_of(site, declared, locale, is_theirs=is_theirs)
    context = told | {"is_theirs": is_theirs, "days": CONFIRM_WITHIN.days}
    to = str(declared.email) if is_theirs else site.support_email
    return Mail(site, to, "declared", context, locale)


send_declaration = mail_step(write_declaration)


async def write_declarations(op: Claimed) -> tuple[Mail | None, tuple[str, ...]]:
    """Write the mail about all that waited, and say what it tells of."""
    waiting = await _waiting(op.params)
    if not waiting:
        return None, ()
    is_theirs = op.params["to"] == "them"
    newest = waiting[-1]
    site = await site_of(str(newest.site))
    locale = str(newest.locale) if is_theirs else site.languages[0]
    context: dict[str, Any] = {
        "is_theirs": is_theirs,
        "days": CONFIRM_WITHIN.days,
        "all": [await _told_of(site, each, locale, is_theirs=is_theirs) for each in waiting],
    }
    to = str(newest.email) if is_theirs else site.support_email
    mail = Mail(site, to, "declared_several", context, locale) if to else None
    return mail, tuple(str(each.id) for each in waiting)


async def _send(op: Claimed) -> tuple[str, ...]:
    mail, told = await write_declarations(op)
    if mail:
        # Of when it goes out: it was owed hours ago.
        await send(mail, replace(op, created_at=op.first_sent_at))
    return told


async def _sent(op: Claimed, told: tuple[str, ...]) -> None:
    """Note what was told of, and owe the next mail if more came meanwhile."""
    waits = Declaration.mail_waits if op.params["to"] == "them" else Declaration.seller_waits
    if told:
        await Declaration.update({waits: False}).where(Declaration.id.is_in(list(told)))
    if left := await _waiting(op.params):
        site = await site_of(str(left[0].site))
        params = dict(op.params)
        if "declaration" in params:
            params["declaration"] = str(left[0].id)
        await _owe(site, params, None, lane=op.lane)


async def _not_taken(op: Claimed, refused: Refused) -> None:
    """Leave it at that: what waits is told of with what comes next."""


send_declarations = Step(call=_send, done=_sent, refused=_not_taken)


async def _told_of(
    site: Storefront, declared: Declaration, locale: str, *, is_theirs: bool
) -> dict[str, Any]:
    """Return what a mail says of one declaration, and where its reader has it done."""
    plan = await plan_meant_by(declared) if is_theirs else None
    said = {name: bare(text) for name, text in said_in(declared).items()}
    return {
        "kind": declared.kind,
        "received": written_moment(declared.received_at, locale),
        "said": said | {"email": str(declared.email)},
        "plan_name": plan or "",
        "link": link_to(site, path_to_confirm(declared)) if plan is not None else "",
    }


async def _waiting(params: Mapping[str, Any]) -> list[Declaration]:
    """Return what waits for the same mail, the oldest first."""
    if params["to"] == "seller":
        which = Declaration.seller_waits.eq(True) & (Declaration.site == params["site"])
        found = Declaration.objects().where(which)
        return await found.order_by(Declaration.received_at, Declaration.id).limit(MOST_TOLD)
    rows = await run_sql(_OF_ADDRESS, params["declaration"], True, MOST_TOLD)
    return [Declaration(**row, _exists_in_db=True) for row in rows]


async def _gather(site: Storefront, whose: str, params: dict[str, Any]) -> None:
    """Have the mail tell of it that waits already; owe that mail if there is none.

    Taking its row keeps whoever sends it just now from ending it before this is written.
    """
    lane = f"declared:{fingerprint(whose)[:40]}"
    if not await run_sql(_WAITS, lane):
        await _owe(site, params, None, lane=lane)


async def _owe(
    site: Storefront, params: dict[str, Any], subject: str | None, *, lane: str | None = None
) -> None:
    await enqueue(
        SEND_DECLARATIONS if lane else SEND_DECLARATION,
        company=site.company_id,
        lane=lane,
        params=params,
        subject=subject,
        after=GATHERED_AFTER if lane else timedelta(0),
    )


_WAITS = """UPDATE operation SET subject = subject WHERE lane = {} AND state = 'ready'
 RETURNING id"""
_OF_ADDRESS = """SELECT declaration.* FROM declaration JOIN declaration AS first
 ON declaration.company = first.company AND LOWER(declaration.email) = LOWER(first.email)
 WHERE first.id = {} AND declaration.mail_waits = {}
 ORDER BY declaration.received_at, declaration.id LIMIT {}"""
