"""Write down what happened."""

import json
from collections.abc import Iterable

from portal import clock
from portal.database import run_sql


async def record(
    action: str,
    *,
    company: str,
    actor: str,
    object_id: str,
    fields: Iterable[str] = (),
    request_id: str = "",
) -> None:
    """Add one entry to the audit trail, in the transaction that does what it tells of.

    `fields` are the names of what changed: never pass a value, so that erasing a person
    needs no change here.
    """
    await run_sql(
        "INSERT INTO audit_entry (company, actor, action, object_id, fields, request_id, at)"
        " VALUES ({}, {}, {}, {}, {}, {}, {})",
        *(company, actor, action, object_id, json.dumps(list(fields)), request_id, clock.now()),
    )
