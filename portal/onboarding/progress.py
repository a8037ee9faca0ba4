"""How far a sign-up has come, and what was told to happen next."""

from __future__ import annotations

import json
from dataclasses import dataclass

from portal.database import run_sql


@dataclass(frozen=True, slots=True)
class SignupProgress:
    """What the welcome page says of a sign-up beside the subscription itself."""

    is_under_way: bool = False
    plan_name: str = ""
    next_steps: tuple[str, ...] = ()


_SELECT = """SELECT onboarding.state, plan.name, plan.next_steps
 FROM onboarding LEFT JOIN plan ON plan.id = onboarding.plan WHERE onboarding.id = {}"""


async def progress_of(onboarding_id: str | None) -> SignupProgress:
    """Return how far it has come; nothing is under way for somebody who came in otherwise."""
    rows = await run_sql(_SELECT, onboarding_id) if onboarding_id else []
    if not rows:
        return SignupProgress()
    row = rows[0]
    is_under_way = row["state"] in ("accepted", "customer_made")
    return SignupProgress(
        is_under_way, row["name"] or "", tuple(json.loads(row["next_steps"] or "[]"))
    )
