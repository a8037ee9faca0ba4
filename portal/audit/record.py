"""Write down what happened."""

import json
from collections.abc import Iterable

from portal import clock
from portal.audit.origin import is_told, note_origin, request_now
from portal.database import run_sql


async def record(
    action: str,
    *,
    company: str,
    actor: str,
    object_id: str,
    fields: Iterable[str] = (),
    request_id: str = "",
    customer: str | None = None,
) -> None:
    """Add one entry to the audit trail, in the transaction that does what it tells of.

    `fields` are the names of what changed: never pass a value, so that erasing a person
    needs no change here. Who was before a program that asked is kept apart; `customer` is whose
    thing the object is, where it is not the customer.
    """
    request_id = request_id or request_now()
    written = await run_sql(
        "INSERT INTO audit_entry (company, actor, action, object_id, fields, request_id, at)"
        " VALUES ({}, {}, {}, {}, {}, {}, {}) RETURNING id",
        *(company, actor, action, object_id, json.dumps(list(fields)), request_id, clock.now()),
    )
    if is_told():
        theirs = object_id if object_id.startswith("cust_") else customer
        await note_origin(written[0]["id"], theirs)
