"""One mail about several declarations: beyond the limits they wait some hours for each other.

A stranger fills nobody's mailbox, and nothing that was declared goes untold: what their mail server
refuses is told to the seller, and what the seller's refuses is sent again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from portal import clock
from portal.amounts import written_moment
from portal.database import run_sql
from portal.deliveries.mail import Mail, link_to, send
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
from portal.subscriptions.declared_often import GATHERED_AFTER, NEXT_AFTER
from portal.subscriptions.tables import Declaration

SEND_DECLARATIONS = "send_declarations"
THEM, SELLER = "them", "seller"
MOST_TOLD = 200
"""Of what waits, in one mail; more than one network can declare until it goes out."""
_AGAIN_AFTER = timedelta(days=1)

log = logging.getLogger(__name__)


async def gather_for_them(site: Storefront, declared: Declaration) -> None:
    """Have the next mail to whoever declared it tell of it, in the transaction that writes it."""
    whose = f"{site.company_id} {declared.email_key}"
    await _gather(site, whose, {"to": THEM, "declaration": str(declared.id)})


async def gather_for_seller(site: Storefront) -> None:
    """Have the next mail to the seller tell of what waits for it, in a transaction."""
    await _gather(site, site.id, {"to": SELLER, "site": site.id})


async def tell_seller_instead(which: Sequence[Declaration], *, is_unreached: bool = True) -> None:
    """Have the seller told by the next mail, in a transaction.

    `is_unreached`: since no mail server let us confirm it.
    """
    if not which:
        return
    site = await site_of(str(which[0].site))
    named = Declaration.id.is_in([each.id for each in which])
    if is_unreached:
        log.error("declaration.unconfirmed site=%s count=%d", site.id, len(which))
        await Declaration.update(
            {Declaration.mail_waits: False, Declaration.mail_refused: True}
        ).where(named)
    if site.support_email:
        await Declaration.update({Declaration.seller_waits: True}).where(named)
        await gather_for_seller(site)


async def note_told(which: Sequence[str], now: datetime) -> None:
    """Write down that a mail with their links went out, in a transaction."""
    await Declaration.update({Declaration.mail_waits: False, Declaration.told_at: now}).where(
        Declaration.id.is_in(list(which))
    )


async def write_declarations(op: Claimed) -> tuple[Mail | None, tuple[str, ...]]:
    """Write the mail about all that waited, and say what it tells of."""
    waiting = await _waiting(op.params)
    if not waiting:
        return None, ()
    is_theirs = op.params["to"] == THEM
    newest = waiting[-1]
    site = await site_of(str(newest.site))
    locale = str(newest.locale) if is_theirs else site.languages[0]
    context: dict[str, Any] = {
        "is_theirs": is_theirs,
        "days": CONFIRM_WITHIN.days,
        "all": [await told_of(site, each, locale, is_theirs=is_theirs) for each in waiting],
    }
    to = str(newest.email) if is_theirs else site.support_email
    mail = Mail(site, to, "declared_several", context, locale) if to else None
    return mail, tuple(str(each.id) for each in waiting)


async def _send(op: Claimed) -> tuple[str, ...]:
    mail, told = await write_declarations(op)
    if mail:
        # Of when it goes out: it was owed hours ago. And named by what it tells of: where more came
        # before a second try, that is another mail to whoever has the first.
        name = f"{op.op_id}.{sha256(' '.join(told).encode()).hexdigest()[:16]}"
        await send(mail, replace(op, op_id=name, created_at=op.first_sent_at))
    return told


async def _sent(op: Claimed, told: tuple[str, ...]) -> None:
    """Note what was told of, and owe the next mail if more came meanwhile."""
    if told and op.params["to"] == THEM:
        await note_told(told, clock.now())
    elif told:
        await Declaration.update({Declaration.seller_waits: False}).where(
            Declaration.id.is_in(list(told))
        )
    await _owe_rest(op, NEXT_AFTER if len(told) == MOST_TOLD else GATHERED_AFTER)


async def _not_taken(op: Claimed, refused: Refused) -> None:
    """Tell the seller instead; what the seller's own mail server refuses waits for another day."""
    if op.params["to"] == THEM:
        await tell_seller_instead(await _waiting(await _as_gathered(op)))
        await _owe_rest(op, NEXT_AFTER)
        return
    log.error("declarations.refused site=%s reason=%s", op.params["site"], refused.reason)
    await _owe_rest(op, _AGAIN_AFTER)


send_declarations = Step(call=_send, done=_sent, refused=_not_taken)


async def told_of(
    site: Storefront, declared: Declaration, locale: str, *, is_theirs: bool
) -> dict[str, Any]:
    """Return what a mail says of one declaration, and where its reader has it done."""
    plan = await plan_meant_by(declared) if is_theirs else None
    said = {name: bare(text) for name, text in said_in(declared).items()}
    return {
        "kind": declared.kind,
        "received": written_moment(declared.received_at, locale),
        "said": said | {"email": str(declared.email)},
        "is_unconfirmed": bool(declared.mail_refused),
        "plan_name": plan or "",
        "link": link_to(site, path_to_confirm(declared)) if plan is not None else "",
    }


async def _waiting(params: Mapping[str, Any]) -> list[Declaration]:
    """Return what waits for the same mail, the oldest first."""
    if params["to"] == SELLER:
        which = Declaration.seller_waits.eq(True) & (Declaration.site == params["site"])
        found = Declaration.objects().where(which)
        return await found.order_by(Declaration.received_at, Declaration.id).limit(MOST_TOLD)
    rows = await run_sql(_OF_ADDRESS, params["declaration"], True, MOST_TOLD)
    return [Declaration(**row, _exists_in_db=True) for row in rows]


async def _gather(site: Storefront, whose: str, params: dict[str, Any]) -> None:
    """Have the mail tell of it that waits already; owe that mail if there is none.

    Taking its row keeps whoever sends it just now from ending it before this is written; and by
    which it knows the others may have been erased since.
    """
    lane = f"declared:{fingerprint(whose)[:40]}"
    if not await run_sql(_WAITS, json.dumps(params), params.get("declaration"), lane):
        await _owe(site, params, lane, GATHERED_AFTER)


async def _as_gathered(op: Claimed) -> Mapping[str, Any]:
    """Return by what it knows the others now: of what is sent already, the subject alone tells."""
    rows = await run_sql("SELECT subject FROM operation WHERE id = {}", op.id)
    newest = rows[0]["subject"] if rows else None
    return {**op.params, "declaration": newest} if newest else op.params


async def _owe_rest(op: Claimed, after: timedelta) -> None:
    if left := await _waiting(await _as_gathered(op)) or await _waiting(op.params):
        params = dict(op.params)
        if "declaration" in params:
            params["declaration"] = str(left[0].id)
        await _owe(await site_of(str(left[0].site)), params, op.lane, after)


async def _owe(site: Storefront, params: dict[str, Any], lane: str, after: timedelta) -> None:
    await enqueue(SEND_DECLARATIONS, company=site.company_id, lane=lane, params=params, after=after)


_WAITS = """UPDATE operation SET params = {}, subject = {} WHERE lane = {} AND state = 'ready'
 RETURNING id"""
# Without a key it was written before there were keys, and is of no address but its own.
_OF_ADDRESS = """SELECT declaration.* FROM declaration JOIN declaration AS first
 ON declaration.company = first.company
 AND (declaration.email_key = first.email_key OR declaration.id = first.id)
 WHERE first.id = {} AND declaration.mail_waits = {}
 ORDER BY declaration.received_at, declaration.id LIMIT {}"""
