"""Write down what happened."""

import json
from collections.abc import Iterable

from portal import clock
from portal.audit.tables import AuditEntry


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
    entry = AuditEntry(
        company=company,
        actor=actor,
        action=action,
        object_id=object_id,
        fields=json.dumps(list(fields)),
        request_id=request_id,
        at=clock.now(),
    )
    await AuditEntry.insert(entry)
