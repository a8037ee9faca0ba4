"""What a withdrawal leaves to people: told to the seller, and to whoever was told otherwise."""

from __future__ import annotations

from portal.amounts import charge_words, written_moment
from portal.database import is_sqlite, run_sql
from portal.deliveries.mail import Mail, mail_step
from portal.operations.enqueue import enqueue
from portal.operations.step import Claimed
from portal.sites.storefront import site_of
from portal.subscriptions.change_mail import SEND_CHANGE, owe_change_mail
from portal.subscriptions.changes import details_of
from portal.subscriptions.give_back import BY_HAND
from portal.words import translations

SEND_BY_HAND = "send_by_hand"

# Its row is held: whoever has claimed it by then may have read how the change stood before.
_UNWRITTEN = """SELECT id FROM operation WHERE kind = {} AND subject = {}
 AND state = 'ready' AND first_sent_at IS NULL"""


async def owe_seller(op: Claimed) -> None:
    """Owe the seller a mail about what is left to do, in the transaction that writes it down."""
    await enqueue(
        SEND_BY_HAND,
        company=op.company,
        lane=None,
        params={"change": op.subject, "subscription": op.params["subscription"]},
        customer=op.customer,
        once=f"by_hand:{op.subject}",
    )


async def owe_correction(op: Claimed) -> None:
    """Owe another mail about a change to whoever asked for it, unless the first is yet to come."""
    lock = "" if is_sqlite() else " FOR UPDATE"
    if await run_sql(_UNWRITTEN + lock, SEND_CHANGE, op.subject):
        return
    once = f"corrected:{op.subject}"
    await owe_change_mail(op.company, op.customer, op.subject, once=once)


async def write_by_hand(op: Claimed) -> Mail | None:
    """Write to the seller what a withdrawal leaves to be done; None where they gave no address."""
    row = await details_of(op.params["change"])
    site = await site_of(row["site"]) if row else None
    if row is None or site is None or not site.support_email:
        return None
    locale = site.languages[0] if site.languages else "en"
    is_given = row["amount_today"] and row["currency"]
    context = {
        "received": written_moment(row["asked_at"], locale),
        "customer": row["email"] or "",
        "plan_name": row["held_name"] or "",
        "subscription": op.params["subscription"],
        "given": charge_words(-row["amount_today"], row["currency"], locale) if is_given else "",
        "said": _left(row["state"], row["problem"], locale),
    }
    return Mail(site, site.support_email, "by_hand", context, locale)


send_by_hand = mail_step(write_by_hand)


def _left(state: str, problem: str, locale: str) -> str:
    _ = translations(locale).gettext
    if state == "refused":
        return _("Stripe did not let us end the plan. End it, and give back what was paid.")
    if problem == BY_HAND:
        return _("The plan has ended. What was paid is yours to give back, as your site says.")
    return _("The plan has ended, but Stripe did not let us give back all. Give back the rest.")
