"""The mails that confirm what somebody changed of their plan, on paper of their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from portal.amounts import written_date, written_moment
from portal.customers.time_zone import in_zone
from portal.deliveries.mail import Mail, link_to, mail_step
from portal.operations.enqueue import enqueue
from portal.operations.step import Claimed
from portal.sites.storefront import Storefront, site_of
from portal.subscriptions.change_words import done_words, withdrawn_words
from portal.subscriptions.changes import details_of
from portal.subscriptions.sync import Look

SEND_CHANGE = "send_change"
SOON = timedelta(seconds=2)
"""By then Stripe has mostly done what was asked, and what the mail tells of it is what counts."""


async def owe_mail(op: Claimed, seen: Look) -> None:
    """Owe the mail about a change, in the transaction that writes that it is done."""
    await owe_change_mail(op.company, op.customer, op.subject)


async def owe_change_mail(
    company: str,
    customer: str | None,
    change: str | None,
    *,
    subject: str | None = None,
    once: str | None = None,
    after: timedelta = timedelta(0),
) -> None:
    """Owe the mail about a change, in a transaction; with a subject it can be found by it."""
    await enqueue(
        SEND_CHANGE,
        company=company,
        lane=None,
        params={"change": change},
        customer=customer,
        subject=subject,
        once=once,
        after=after,
    )


async def write_change(op: Claimed) -> Mail | None:
    """Write the mail about a change; None when there is nobody to write to, or nothing came of it.

    A cancellation is confirmed even before Stripe has done it: it counts from when it was asked.
    So does a withdrawal: what Stripe refuses of it, people do.
    """
    row = await details_of(op.params["change"])
    if row is None or not row["email"] or "mails" in row["quiet"]:
        return None
    site = await site_of(row["site"])
    if row["kind"] == "withdraw":
        return Mail(site, row["email"], "withdrawn", _withdrawn(row, site), row["locale"])
    if row["state"] == "refused":
        return None
    if row["kind"] == "cancel":
        return Mail(site, row["email"], "cancelled", _cancelled(row, site), row["locale"])
    return Mail(site, row["email"], "plan_changed", _changed(row, site), row["locale"])


send_change = mail_step(write_change)


def _cancelled(row: Mapping[str, Any], site: Storefront) -> dict[str, Any]:
    ends = row["takes_effect_at"]
    return {
        "name": row["first_name"] if row["email_verified_at"] else "",
        "plan_name": row["held_name"] or "",
        "asked": _asked(row),
        "ends": written_date(in_zone(ends, row["time_zone"]), row["locale"]) if ends else "",
        "link": link_to(site, "/account/cancel"),
    }


def _withdrawn(row: Mapping[str, Any], site: Storefront) -> dict[str, Any]:
    return {
        "name": row["first_name"] if row["email_verified_at"] else "",
        "plan_name": row["held_name"] or "",
        "asked": _asked(row),
        "sentences": withdrawn_words(row, row["locale"]),
        "link": link_to(site, "/account/withdraw"),
    }


def _changed(row: Mapping[str, Any], site: Storefront) -> dict[str, Any]:
    return {
        "name": row["first_name"] if row["email_verified_at"] else "",
        "sentences": done_words(row, row["locale"]),
        "link": link_to(site, "/account"),
    }


def _asked(row: Mapping[str, Any]) -> str:
    """Write when it was asked for, by its customer's clocks."""
    return written_moment(in_zone(row["asked_at"], row["time_zone"]), row["locale"])
