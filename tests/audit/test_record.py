import json
from datetime import UTC, datetime

import time_machine

from portal.audit.record import record
from portal.audit.tables import AuditEntry
from portal.database import transaction

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@time_machine.travel(NOON, tick=False)
async def test_an_entry_says_who_did_what_to_whom_and_when(database: str) -> None:
    await record(
        "customer.changed",
        company="comp_1",
        actor="customer",
        object_id="cust_1",
        fields=("line1", "city"),
        request_id="req_1",
    )

    [entry] = await AuditEntry.select()
    assert json.loads(entry.pop("fields")) == ["line1", "city"]
    assert entry.pop("id")
    assert entry == {
        "company": "comp_1",
        "actor": "customer",
        "action": "customer.changed",
        "object_id": "cust_1",
        "request_id": "req_1",
        "at": NOON,
        "number": None,
        "hash": None,
    }


async def test_what_did_not_happen_is_not_in_the_trail(database: str) -> None:
    class Broken(Exception):
        pass

    try:
        async with transaction():
            await record("customer.changed", company="c", actor="customer", object_id="cust_1")
            raise Broken
    except Broken:
        assert await AuditEntry.count() == 0
