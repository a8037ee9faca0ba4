"""Meter events: one use of something, reported; taken back; and summed up."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from portal.sandbox.account import Account
from portal.sandbox.errors import invalid, missing, refused
from portal.sandbox.listing import PAGING, page_of
from portal.sandbox.lookup import living_customer
from portal.sandbox.meters import KIND as METER
from portal.sandbox.meters import active_meter
from portal.sandbox.operations import Call, operation
from portal.sandbox.periods import DAY_S
from portal.sandbox.rows import Row, new_id
from portal.sandbox.usage import KIND, used
from portal.sandbox.views import list_of

OLDEST_S = 35 * DAY_S
NEWEST_S = 5 * 60
UNIQUE_S = DAY_S
"""How long an identifier is remembered."""
_BY_IDENTIFIER = "_meter_event_identifier"
_GROUPS = {"hour": 3600, "day": DAY_S}


@operation("POST", "/v1/billing/meter_events", "billing.MeterEventCreateParams")
def create_meter_event(call: Call) -> Row:
    """Count one use, once for each identifier."""
    call.only({"event_name", "expand", "identifier", "payload", "timestamp"})
    account, params = call.account, call.params
    meter = _meter(account, params["event_name"])
    payload = params["payload"]
    customer = _customer(account, meter, payload)
    account.follow(customer)
    timestamp = params.get("timestamp", account.now())
    _check_moment(account, timestamp)
    row: Row = {
        "id": new_id("mev"),
        "identifier": params.get("identifier") or new_id("idmp"),
        "event_name": meter["event_name"],
        "customer": customer["id"],
        "value": _value(meter, payload),
        "timestamp": timestamp,
        "created": account.now(),
        "is_cancelled": False,
    }
    if _known(account, row["identifier"]):
        raise refused(f"An event already exists with identifier {row['identifier']}.")
    account.add(row, KIND)
    account.add({"id": row["identifier"], "event": row["id"]}, _BY_IDENTIFIER)
    return _shown(row, payload)


def _meter(account: Account, event_name: str) -> Row:
    meter = active_meter(account, event_name)
    if meter is None:
        raise refused(f"No active meter found for event name {event_name}.", "event_name")
    return meter


def _customer(account: Account, meter: Row, payload: dict[str, str]) -> Row:
    name = meter["customer_mapping"]["event_payload_key"]
    if not payload.get(name):
        raise missing(f"payload[{name}]")
    return living_customer(account, payload[name], f"payload[{name}]")


def _check_moment(account: Account, timestamp: int) -> None:
    now = account.now()
    if timestamp < now - OLDEST_S:
        raise invalid("The timestamp must be within the past 35 calendar days.", "timestamp")
    if timestamp > now + NEWEST_S:
        raise invalid("The timestamp must be at most 5 minutes in the future.", "timestamp")


def _value(meter: Row, payload: dict[str, str]) -> str:
    name = meter["value_settings"]["event_payload_key"]
    if meter["default_aggregation"]["formula"] == "count":
        return "1"
    if name not in payload:
        raise missing(f"payload[{name}]")
    try:
        value = Decimal(payload[name])
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise invalid(f"Invalid decimal: {payload[name]}", f"payload[{name}]")
    return str(value)


def _known(account: Account, identifier: str) -> Row | None:
    """Find the event of an identifier that is still remembered."""
    named = account.get(_BY_IDENTIFIER, identifier)
    event = account.get(KIND, named["event"]) if named else None
    return event if event and event["created"] > account.now() - UNIQUE_S else None


def _shown(row: Row, payload: dict[str, str]) -> Row:
    return {
        "object": "billing.meter_event",
        "created": row["created"],
        "event_name": row["event_name"],
        "identifier": row["identifier"],
        "livemode": False,
        "payload": dict(payload),
        "timestamp": row["timestamp"],
    }


@operation(
    "POST", "/v1/billing/meter_event_adjustments", "billing.MeterEventAdjustmentCreateParams"
)
def cancel_meter_event(call: Call) -> Row:
    """Take an event back that came within the last day."""
    call.only({"cancel", "event_name", "expand", "type"})
    account, params = call.account, call.params
    _meter(account, params["event_name"])
    identifier = (params.get("cancel") or {}).get("identifier")
    if not identifier:
        raise missing("cancel[identifier]")
    event = _known(account, identifier)
    if event is None or event["event_name"] != params["event_name"] or event["is_cancelled"]:
        raise refused(
            f"No event of the last 24 hours has the identifier {identifier}.", "cancel[identifier]"
        )
    account.edit(KIND, event["id"])["is_cancelled"] = True
    return {
        "object": "billing.meter_event_adjustment",
        "cancel": {"identifier": identifier},
        "event_name": params["event_name"],
        "livemode": False,
        "status": "complete",
        "type": "cancel",
    }


@operation(
    "GET", "/v1/billing/meters/{id}/event_summaries", "billing.MeterListEventSummariesParams"
)
def list_event_summaries(call: Call) -> Row:
    """Sum a customer's use up: over all of a time, or by its hours or days, newest first."""
    call.only(PAGING | {"customer", "end_time", "start_time", "value_grouping_window"})
    account, params = call.account, call.params
    meter = call.row(METER, "meter")
    customer = living_customer(account, params["customer"], "customer")
    start, end = params["start_time"], params["end_time"]
    grouping = _GROUPS.get(params.get("value_grouping_window", ""))
    for name in ("start_time", "end_time"):
        if params[name] % (grouping or 60):
            raise invalid("The time must be at the beginning of a minute, hour or day.", name)
    if end <= start:
        raise invalid("end_time must be after start_time.", "end_time")
    spans = [(at, at + grouping) for at in range(start, end, grouping)] if grouping else []
    found = [
        _summary(meter, used(account, meter, customer["id"], *span), *span)
        for span in reversed(spans or [(start, end)])
    ]
    page, has_more = page_of(found, params, "meter event summary")
    return list_of(page, call.path, has_more=has_more)


def _summary(meter: Row, value: Decimal, start: int, end: int) -> Row:
    return {
        "id": f"mtrusg_{meter['id'].removeprefix('mtr_')}{start}{end}",
        "object": "billing.meter_event_summary",
        "aggregated_value": float(value),
        "end_time": end,
        "livemode": False,
        "meter": meter["id"],
        "start_time": start,
    }
