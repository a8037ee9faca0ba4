"""What a browser has answered so far of a sign-up form, sealed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

from cryptography.exceptions import InvalidTag

from portal import clock
from portal.database import run_sql, transaction
from portal.ids import new_id
from portal.sealing import fingerprint, seal, unseal

KEPT = timedelta(days=7)
_PURPOSE = "sign-up draft"


async def save_draft(browser_hash: str, site_id: str, answers: Mapping[str, str]) -> None:
    """Keep these answers in place of what this browser said before at this site."""
    sealed = seal(json.dumps(dict(answers)), _PURPOSE)
    await run_sql(
        "INSERT INTO draft (id, holder, site, answers, saved_at) VALUES ({}, {}, {}, {}, {})"
        " ON CONFLICT (holder) DO UPDATE SET answers = excluded.answers,"
        " saved_at = excluded.saved_at",
        *(new_id("drft"), holder_of(browser_hash, site_id), site_id, sealed, clock.now()),
    )


async def find_draft(browser_hash: str, site_id: str) -> dict[str, str]:
    """Return what this browser answered in the last seven days; nothing, if it did not.

    Nothing also when it was sealed with another PORTAL_SECRET.
    """
    rows = await run_sql(
        "SELECT answers FROM draft WHERE holder = {} AND saved_at > {}",
        *(holder_of(browser_hash, site_id), clock.now() - KEPT),
    )
    try:
        return dict(json.loads(unseal(rows[0]["answers"], _PURPOSE))) if rows else {}
    except InvalidTag:
        return {}


async def forget_draft(browser_hash: str, site_id: str) -> None:
    """Delete what this browser answered: it was taken. Links to it on other devices end too."""
    holder = holder_of(browser_hash, site_id)
    # Every sign-up comes by, most without a draft: a look spares them the lock of a write.
    if await run_sql("SELECT id FROM draft WHERE holder = {}", holder):
        async with transaction():
            await run_sql("DELETE FROM draft WHERE holder = {}", holder)
            await run_sql(
                "UPDATE resume_link SET answers = '' WHERE holder = {} OR taken_by = {}",
                *(holder, holder),
            )


def holder_of(browser_hash: str, site_id: str) -> str:
    """Return under which name a browser's answers at a site are kept."""
    return fingerprint(f"{browser_hash} {site_id}")
