"""What a withdrawal leaves to people: told to the seller, and to whoever was told otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from portal.amounts import charge_words, written_moment
from portal.database import is_sqlite, run_sql
from portal.deliveries.mail import Mail, mail_step
from portal.operations.enqueue import enqueue
from portal.operations.step import Claimed
from portal.sites.storefront import site_of
from portal.subscriptions.change_mail import SEND_CHANGE, owe_change_mail
from portal.subscriptions.changes import details_of
from portal.subscriptions.hold import OVER
from portal.subscriptions.left import to_seller

SEND_BY_HAND = "send_by_hand"

# Its row is held: whoever has claimed it by then may have read how the change stood before.
_UNWRITTEN = """SELECT id FROM operation WHERE kind = {} AND subject = {}
 AND state = 'ready' AND first_sent_at IS NULL"""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A change (chng_…) by which somebody withdrew, whose, and from what (sub_…)."""

    company: str
    customer: str | None
    change: str | None
    subscription: str


def withdrawal_of(op: Claimed) -> Withdrawal:
    """Return what an operation withdraws."""
    return Withdrawal(op.company, op.customer, op.subject, op.params["subscription"])


async def owe_seller(about: Withdrawal, problem: str = "", of: str = "") -> None:
    """Owe the seller a mail about what is left to do, in the transaction that writes it down.

    `of` names what it is about (a refund, re_…) where there may be several; of each there is one.
    """
    await enqueue(
        SEND_BY_HAND,
        company=about.company,
        lane=None,
        params={"change": about.change, "subscription": about.subscription, "problem": problem},
        customer=about.customer,
        once=_once("by_hand", about, of),
    )


async def is_told(about: Withdrawal, of: str) -> bool:
    """Tell whether the seller is owed that mail, or has it: ask it while the customer is held."""
    once = _once("by_hand", about, of)
    return bool(await run_sql("SELECT 1 AS known FROM operation WHERE once = {}", once))


async def told_of(about: Withdrawal, name: str) -> list[str]:
    """Return of what the seller was told by names that begin so, without that beginning."""
    begins = _once("by_hand", about, name)
    sql = "SELECT once FROM operation WHERE customer = {} AND kind = {} ORDER BY id"
    known = [str(row["once"]) for row in await run_sql(sql, about.customer, SEND_BY_HAND)]
    return [once.removeprefix(begins) for once in known if once.startswith(begins)]


async def owe_correction(about: Withdrawal, of: str = "") -> None:
    """Owe another mail about a change to whoever asked for it, unless the first is yet to come."""
    lock = "" if is_sqlite() else " FOR UPDATE"
    if await run_sql(_UNWRITTEN + lock, SEND_CHANGE, about.change):
        return
    once = _once("corrected", about, of)
    # By its subject the next one finds this, if it is yet to come: one mail tells how it stands.
    await owe_change_mail(
        about.company, about.customer, about.change, subject=about.change, once=once
    )


def _once(name: str, about: Withdrawal, of: str) -> str:
    return f"{name}:{about.change}:{of}"[:100] if of else f"{name}:{about.change}"


async def write_by_hand(op: Claimed) -> Mail | None:
    """Write to the seller what a withdrawal leaves to be done; None where they gave no address."""
    row = await details_of(op.params["change"])
    site = await site_of(row["site"]) if row else None
    if row is None or site is None or not site.support_email:
        return None
    locale = site.languages[0] if site.languages else "en"
    problem = op.params.get("problem", "") or row["problem"]
    is_over = row["held_status"] in OVER
    is_given = row["amount_today"] and row["currency"]
    context = {
        "received": written_moment(row["asked_at"], locale),
        "customer": row["email"] or "",
        "plan_name": row["held_name"] or "",
        "subscription": op.params["subscription"],
        "given": charge_words(-row["amount_today"], row["currency"], locale) if is_given else "",
        "said": to_seller(problem, locale, has_ended=row["state"] == "done" or is_over),
    }
    return Mail(site, site.support_email, "by_hand", context, locale)


send_by_hand = mail_step(write_by_hand)
