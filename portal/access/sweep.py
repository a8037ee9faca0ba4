"""Forget what nobody can use any more."""

from __future__ import annotations

from datetime import timedelta

from portal import clock
from portal.access.asked_changes import UNDO_WITHIN
from portal.access.drafts import KEPT as DRAFTS_KEPT
from portal.access.sessions import IDLE, LONGEST
from portal.database import run_sql
from portal.settings import settings

KEPT = timedelta(days=1)
MONTH = timedelta(days=30)


async def forget_expired() -> None:
    """Delete what ran out: sign-in requests with their drafts, flows, sessions, limits, and changes
    of address that can no more be undone.

    Each a day after its end, so that support can still see what happened; drafts at theirs.
    Hashes of another site that nobody signed in by go after some months: those people use mail.
    Safe to repeat. Each table by itself: rows of many customers are held by nobody for long.
    """
    now = clock.now()
    day_ago = now - KEPT
    await run_sql("DELETE FROM sign_in_request WHERE expires_at < {}", day_ago)
    await run_sql(
        "DELETE FROM email_change WHERE ended_at < {} OR confirmed_at < {}"
        " OR (confirmed_at IS NULL AND created_at < {})",
        *(day_ago, day_ago - UNDO_WITHIN, day_ago),
    )
    await run_sql("DELETE FROM flow WHERE created_at < {}", day_ago)
    await run_sql(
        "DELETE FROM session WHERE ended_at < {} OR seen_at < {} OR signed_in_at < {}",
        *(day_ago, day_ago - IDLE, day_ago - LONGEST),
    )
    await run_sql("DELETE FROM draft WHERE saved_at < {}", now - DRAFTS_KEPT)
    await run_sql("DELETE FROM resume_link WHERE expires_at < {}", now)
    await run_sql(
        "DELETE FROM password WHERE scheme <> {} AND imported_at < {}",
        *("argon2id", now - settings().imported_hashes_months * MONTH),
    )
    await run_sql("DELETE FROM rate WHERE empty_at < {}", day_ago.timestamp())
