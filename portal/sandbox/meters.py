"""Meters: what is counted of a customer's use, to be billed by a metered price."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.changes import revising
from portal.sandbox.errors import refused
from portal.sandbox.events import emit
from portal.sandbox.listing import listed, matching
from portal.sandbox.operations import Call, operation
from portal.sandbox.rows import Row, new_id
from portal.sandbox.views import shown

KIND = "billing.meter"
_KNOWN = frozenset(
    {"customer_mapping", "default_aggregation", "display_name", "event_name"}
    | {"event_time_window", "expand", "value_settings"}
)


@operation("POST", "/v1/billing/meters", "billing.MeterCreateParams")
def create_meter(call: Call) -> Row:
    """Create a meter that counts events of one name."""
    call.only(_KNOWN)
    account, params = call.account, call.params
    if active_meter(account, params["event_name"]):
        raise refused("An active meter with this event name already exists.", "event_name")
    row = account.add(
        {
            "id": new_id("mtr"),
            "object": KIND,
            "created": account.now(),
            "customer_mapping": params.get("customer_mapping")
            or {"event_payload_key": "stripe_customer_id", "type": "by_id"},
            "default_aggregation": params["default_aggregation"],
            "display_name": params["display_name"],
            "event_name": params["event_name"],
            "event_time_window": params.get("event_time_window"),
            "livemode": False,
            "status": "active",
            "status_transitions": {"deactivated_at": None},
            "updated": account.now(),
            "value_settings": params.get("value_settings") or {"event_payload_key": "value"},
        }
    )
    emit(account, "billing.meter.created", row)
    return shown(account, row)


def active_meter(account: Account, event_name: str) -> Row | None:
    """Find the meter that counts events of this name at present."""
    for row in account.kind(KIND).values():
        if row["event_name"] == event_name and row["status"] == "active":
            return row
    return None


@operation("GET", "/v1/billing/meters/{id}", "billing.MeterRetrieveParams")
def retrieve_meter(call: Call) -> Row:
    """Give a meter."""
    return shown(call.account, call.row(KIND, "meter"))


@operation("GET", "/v1/billing/meters", "billing.MeterListParams")
def list_meters(call: Call) -> Row:
    """List meters."""
    found = matching(call.account.kind(KIND).values(), call.params, "status")
    return listed(call, found, "meter", {"status"})


@operation("POST", "/v1/billing/meters/{id}", "billing.MeterUpdateParams")
def update_meter(call: Call) -> Row:
    """Rename a meter: nothing else about it changes."""
    call.only({"display_name", "expand"})
    row = call.row(KIND, "meter")
    with revising(call.account, KIND, row["id"], "billing.meter.updated") as changed:
        changed["display_name"] = call.params.get("display_name", changed["display_name"])
        changed["updated"] = call.account.now()
    return shown(call.account, changed)


@operation("POST", "/v1/billing/meters/{id}/deactivate", "billing.MeterDeactivateParams")
def deactivate_meter(call: Call) -> Row:
    """Switch a meter off: no more events are counted, and no new price may use it."""
    return _switch(call, "inactive")


@operation("POST", "/v1/billing/meters/{id}/reactivate", "billing.MeterReactivateParams")
def reactivate_meter(call: Call) -> Row:
    """Switch a meter on again."""
    row = call.row(KIND, "meter")
    if row["status"] == "inactive" and active_meter(call.account, row["event_name"]):
        raise refused("An active meter with this event name already exists.", "id")
    return _switch(call, "active")


def _switch(call: Call, status: str) -> Row:
    account, row = call.account, call.row(KIND, "meter")
    if row["status"] == status:
        raise refused(f"This meter is already {status}.", "id")
    is_off = status == "inactive"
    event = f"billing.meter.{'deactivated' if is_off else 'reactivated'}"
    with revising(account, KIND, row["id"], event) as changed:
        changed["status"] = status
        changed["updated"] = account.now()
        changed["status_transitions"]["deactivated_at"] = account.now() if is_off else None
    return shown(account, changed)
