"""What a program changes is written into the audit trail once, under its key."""

from __future__ import annotations

from typing import Any

from portal.app import Portal
from portal.database import run_sql
from tests.api.asking import every_operation, example_of, kinds_of
from tests.api.calling import Program
from tests.api.test_subscriptions import subscribed
from tests.customers.pictures import picture
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.shelves import sell_parts

_GRACE = {"email": "grace@hopper.example", "plan": None}
_PICTURE = {"files": {"avatar": ("ada.png", picture())}}
_COPIES = {"add_ons": [{"key": "copies", "quantity": 2}]}
# In this order; what has nothing here sends its example, or no body.
ONCE: dict[str, dict[str, Any]] = {
    "POST /v1/customers": {"json": _GRACE},
    "PATCH /v1/customers/{customer}": {"json": {"first_name": "Augusta"}},
    "PUT /v1/customers/{customer}/avatar": _PICTURE,
    "DELETE /v1/customers/{customer}/avatar": {},
    "POST /v1/subscriptions/{id}/pause": {},
    "POST /v1/subscriptions/{id}/resume": {},
    "POST /v1/subscriptions/{id}/cancel": {"json": {"reason": "unused"}},
    "POST /v1/subscriptions/{id}/keep": {},
    "PUT /v1/subscriptions/{id}/add_ons": {"json": _COPIES},
    "POST /v1/subscriptions/{id}/change": {"json": {"plan": "studio"}},
    "POST /v1/webhook_endpoints": {},
    "PATCH /v1/webhook_endpoints/{id}": {},
    "POST /v1/webhook_endpoints/{id}/rotate": {},
    "DELETE /v1/webhook_endpoints/{id}": {},
    "POST /v1/customers/{customer}/erase": {},
    "DELETE /v1/customers/{customer}": {},
}
NOT_AT_ALL = {
    "POST /v1/portal_sessions": "leads to a page of Stripe's, and changes nothing",
    "POST /v1/subscriptions/{id}/preview": "tells what would be",
    "POST /v1/usage": "each use is a row of its own, which nobody changes",
    "POST /v1/webhook_deliveries/{id}/replay": "is a row in the log of deliveries",
    "POST /v1/webhook_endpoints/{id}/test": "is a row in the log of deliveries",
}


@ON_SQLITE
async def test_every_route_that_changes_something_writes_one_entry(
    shop: Shop, portal: Portal, program: Program
) -> None:
    there = {
        f"{operation.method} {operation.path}": operation
        for operation in every_operation(portal)
        if operation.path.startswith("/v1/") and operation.method != "GET"
    }
    assert there.keys() == ONCE.keys() | NOT_AT_ALL.keys()
    assert not ONCE.keys() & NOT_AT_ALL.keys()

    await sell_parts(shop)
    ada, held = await subscribed(shop, program, "house")
    ids = {"customer": ada, "subscription": held}
    wrong = {}
    for name, sent in ONCE.items():
        operation, before = there[name], await _entries_of(program)
        path = operation.path.format_map({part: ids[k] for part, k in kinds_of(operation).items()})
        example = {"json": example_of(operation)} if operation.described.examples else {}
        answer = await program.http.request(operation.method, path, **(sent or example))
        if name == "POST /v1/webhook_endpoints":
            ids["endpoint"] = answer.json()["id"]
        written = await _entries_of(program) - before
        if not answer.is_success or written != 1:
            wrong[name] = (answer.status_code, written, answer.text[:200])

    assert wrong == {}
    # The control: what changes nothing, the same once more, writes no entry.
    before = await _entries_of(program)
    await program.post("/v1/customers", _GRACE)
    assert await _entries_of(program) == before


async def _entries_of(program: Program) -> int:
    (row,) = await run_sql("SELECT COUNT(*) AS n FROM audit_entry WHERE actor = {}", program.key_id)
    return int(row["n"])
