"""The mails about another e-mail address: to the new one, and to the one it replaces."""

from __future__ import annotations

from portal.access.asked_changes import CONFIRM_WITHIN, UNDO_WITHIN, can_be_undone, is_open
from portal.access.tables import EmailChange
from portal.access.tokens import token_of_change, token_of_undoing
from portal.customers.directory import customer_of, find_by_email
from portal.deliveries.mail import Mail, link_to, mail_step
from portal.operations.step import Claimed
from portal.sites.storefront import site_of


async def write_to_new(op: Claimed) -> Mail | None:
    """Ask the new address to confirm, or tell it that it belongs to another account already.

    Without a name: anybody may have typed this address to have us write to it.
    """
    change = await _change(op)
    if change is None or not is_open(change):
        return None
    site = await site_of(str(change.site))
    known = await find_by_email(str(change.company), str(change.email_key))
    if known and known.id != change.customer:
        link = {"link": link_to(site, "/signin")}
        return Mail(site, str(known.email), "address_in_use", link, known.locale)
    customer = await customer_of(str(change.customer))
    context = {
        "link": link_to(site, f"/email/confirm/{token_of_change(str(change.id))}"),
        "minutes": int(CONFIRM_WITHIN.total_seconds()) // 60,
    }
    return Mail(site, str(change.email), "confirm_change", context, customer.locale)


async def write_to_former(op: Claimed) -> Mail | None:
    """Tell the former address that it was replaced, with the way back."""
    change = await _change(op)
    if change is None or not change.former_email or not can_be_undone(change):
        return None
    site, customer = await site_of(str(change.site)), await customer_of(str(change.customer))
    context = {
        "name": customer.first_name,
        "link": link_to(site, f"/email/undo/{token_of_undoing(str(change.id))}"),
        "days": UNDO_WITHIN.days,
    }
    return Mail(site, str(change.former_email), "email_changed", context, customer.locale)


send_to_new = mail_step(write_to_new)
send_to_former = mail_step(write_to_former)


async def _change(op: Claimed) -> EmailChange | None:
    return await EmailChange.objects().get(EmailChange.id == op.params["change"])
