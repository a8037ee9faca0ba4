"""Changes of an e-mail address that were asked for: find one, and tell what it is good for."""

from __future__ import annotations

from datetime import timedelta

from piccolo.columns.combination import Where

from portal import clock
from portal.access.tables import EmailChange
from portal.access.tokens import is_token
from portal.sealing import fingerprint

CONFIRM_WITHIN = timedelta(hours=1)
UNDO_WITHIN = timedelta(days=7)


async def open_change(customer: str) -> EmailChange | None:
    """Return the change that waits for its new address to be confirmed."""
    newest = EmailChange.objects().where(EmailChange.customer == customer, *unconfirmed())
    return await newest.order_by(EmailChange.created_at, ascending=False).first()


async def change_by(token: str) -> EmailChange | None:
    """Return the change that the mail to a new address speaks of. Changes nothing."""
    if not is_token(token):
        return None
    return await EmailChange.objects().get(EmailChange.confirm_hash == fingerprint(token))


async def change_to_undo(token: str) -> EmailChange | None:
    """Return the change that the mail to a former address speaks of. Changes nothing."""
    if not is_token(token):
        return None
    return await EmailChange.objects().get(EmailChange.undo_hash == fingerprint(token))


def is_open(change: EmailChange) -> bool:
    """Tell whether the new address can still be confirmed."""
    is_used = change.confirmed_at or change.ended_at
    return not is_used and change.created_at > clock.now() - CONFIRM_WITHIN


def can_be_undone(change: EmailChange) -> bool:
    """Tell whether the former address can still be had back."""
    if change.confirmed_at is None or change.ended_at:
        return False
    return bool(change.confirmed_at > clock.now() - UNDO_WITHIN)


def unconfirmed() -> tuple[Where, ...]:
    """Say which changes wait for their new address to be confirmed."""
    return (
        EmailChange.confirmed_at.is_null(),
        EmailChange.ended_at.is_null(),
        EmailChange.created_at > clock.now() - CONFIRM_WITHIN,
    )
