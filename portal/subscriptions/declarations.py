"""What somebody declares without signing in: that they cancel, or withdraw from, a contract.

It is taken from anybody, written down, and confirmed by a mail to the address they gave. Only the
link in that mail, and a button behind it, ends anything: so nobody ends another's contract, and
nobody learns here whose address we know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cryptography.exceptions import InvalidTag

from portal import clock
from portal.access.asking import OF_NETWORK, mail_limits
from portal.access.limits import full_of
from portal.access.tokens import is_token, token_of_declaration
from portal.amounts import written_moment
from portal.audit.record import record
from portal.customers.contact import home_of
from portal.customers.directory import find_by_email
from portal.customers.email import Email, normalize_email
from portal.database import run_sql, transaction
from portal.deliveries.mail import Mail, link_to, mail_step
from portal.errors import TooMany
from portal.ids import new_id
from portal.operations.enqueue import enqueue
from portal.operations.step import Claimed
from portal.operations.wake import wake
from portal.sealing import fingerprint, seal, unseal
from portal.sites.storefront import Storefront, site_of
from portal.subscriptions.cancel import NothingToEnd, cancel_plan
from portal.subscriptions.held import held_by
from portal.subscriptions.tables import Declaration
from portal.subscriptions.withdraw import CannotWithdraw, withdraw, withdrawable_by

SEND_DECLARATION = "send_declaration"
CANCEL, WITHDRAW = "cancel", "withdraw"
FIELDS = ("name", "contract", "ends", "cause")
CONFIRM_WITHIN = timedelta(days=14)
KEPT_OF_NOBODY = timedelta(days=90)
_SAID = "declaration"
# A stranger may have typed it to have us mail it out: nothing that a mail program makes a link of.
_LINK = re.compile(r"\S*(?:[/@]|\w\.\w)\S*")


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

    Does the same work for known and unknown addresses. An address that got too many mails gets
    none; what was declared is written down all the same.

    Raises:
        TooMany: too much came from this network.
    """
    full = await full_of(mail_limits(site, email, ip))
    if full and full.startswith(OF_NETWORK):
        raise TooMany
    customer = await find_by_email(site.company_id, email.key)
    declared = new_id("decl")
    async with transaction():
        await Declaration.insert(
            Declaration(
                id=declared,
                company=site.company_id,
                site=site.id,
                kind=kind,
                customer=customer.id if customer else None,
                email=email.address,
                said=seal(json.dumps(dict(said)), _SAID),
                locale=locale,
                browser_hash=browser_hash,
                token_hash=fingerprint(token_of_declaration(declared)),
                received_at=clock.now(),
            )
        )
        await record(
            f"contract.{kind}_declared", company=site.company_id, actor="visitor",
            object_id=declared,
        )  # fmt: skip
        if not full:
            await _owe_mail(site.company_id, declared, "them")
            if said.get("cause") and site.support_email:
                await _owe_mail(site.company_id, declared, "seller")
    wake()
    return declared


async def declared_by(browser_hash: str, declared: str) -> Declaration | None:
    """Return a declaration to the browser that made it."""
    return await Declaration.objects().get(
        (Declaration.id == declared) & (Declaration.browser_hash == browser_hash)
    )


async def declaration_by(token: str) -> Declaration | None:
    """Return the declaration that a mail's link is about, while it works. Changes nothing."""
    if not is_token(token):
        return None
    found = await Declaration.objects().get(Declaration.token_hash == fingerprint(token))
    if found is None or found.received_at <= clock.now() - CONFIRM_WITHIN:
        return None
    return found


def said_in(declared: Declaration) -> dict[str, str]:
    """Return what was declared, by the form's fields; all empty, if it was sealed otherwise."""
    try:
        said: dict[str, str] = json.loads(unseal(str(declared.said), _SAID))
    except InvalidTag:
        said = {}
    return dict.fromkeys(FIELDS, "") | said


async def plan_meant_by(declared: Declaration) -> str | None:
    """Return the name of the plan that a declaration would end; None when there is none."""
    customer = await _theirs(declared)
    if not customer or declared.confirmed_at:
        return None
    if declared.kind == WITHDRAW:
        home = await home_of(customer)
        found = await withdrawable_by(home, customer, declared_at=declared.received_at)
        return found.hold.plan_name if found else None
    hold = await held_by(customer)
    return hold.plan_name if hold and hold.is_living and not hold.is_ending else None


async def confirm_declaration(declared: Declaration) -> bool:
    """Do what was declared, from whose mail it came back; False when there is nothing to end.

    Safe to repeat: what it has done is done before it is written down that it was confirmed.
    """
    customer = await _theirs(declared)
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


async def write_declaration(op: Claimed) -> Mail | None:
    """Write the mail that confirms what was declared and when, with the way to have it done."""
    declared = await Declaration.objects().get(Declaration.id == op.params["declaration"])
    if declared is None:
        return None
    site = await site_of(str(declared.site))
    is_theirs = op.params["to"] == "them"
    plan = await plan_meant_by(declared) if is_theirs else None
    token = token_of_declaration(str(declared.id))
    context: dict[str, Any] = {
        "kind": declared.kind,
        "received": written_moment(declared.received_at, str(declared.locale)),
        "said": {name: _LINK.sub("…", text) for name, text in said_in(declared).items()}
        | {"email": str(declared.email)},
        "is_theirs": is_theirs,
        "plan_name": plan or "",
        "link": link_to(site, f"/contracts/confirm/{token}") if plan is not None else "",
        "days": CONFIRM_WITHIN.days,
    }
    to = str(declared.email) if is_theirs else site.support_email
    return Mail(site, to, "declared", context, str(declared.locale))


send_declaration = mail_step(write_declaration)


async def _theirs(declared: Declaration) -> str:
    """Return whose contract it is, while the address that the mail went to is theirs; else ""."""
    key = normalize_email(str(declared.email)).key
    found = await find_by_email(str(declared.company), key) if declared.customer else None
    return str(found.id) if found and found.id == declared.customer else ""


async def _owe_mail(company: str, declared: str, to: str) -> None:
    await enqueue(
        SEND_DECLARATION,
        company=company,
        lane=None,
        params={"declaration": declared, "to": to},
        subject=declared,
    )
