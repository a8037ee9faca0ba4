"""Events and their deliveries from behind."""

from __future__ import annotations

from typing import Any

from portal.sandbox.controls import Asked, control
from portal.sandbox.errors import StripeError
from portal.sandbox.events import queue

_WEBHOOKS = "Webhooks"
_SETTINGS = '{"paused": false, "drop": 0.0, "duplicate": 0.0, "shuffle": false, "seed": null}'


@control(
    _WEBHOOKS,
    "GET",
    "/events",
    "Lists all events, oldest first. ?type=customer.created picks some.",
    answer='{"events": [{"id": "evt_…", "type", "data", "pending_webhooks", …}]}',
)
def _events(asked: Asked) -> Any:
    events = asked.account.kind("event").values()
    wanted = asked.query.get("type")
    return {"events": [event for event in events if wanted in (None, event["type"])]}


@control(
    _WEBHOOKS,
    "POST",
    "/events/{event}/replay",
    "Delivers an event again, to every endpoint that wants it.",
    body='{"times": 1}',
    answer='{"event": "evt_…", "deliveries": 1}',
)
def _replay(asked: Asked) -> Any:
    account = asked.account
    event = account.get("event", asked.query["event"])
    if event is None:
        raise StripeError(404, f"No such event: '{asked.query['event']}'")
    with account.transaction():
        made = queue(account, event, once_more=int(asked.given.get("times", 1)))
        account.edit("event", event["id"])["pending_webhooks"] += made
    return {"event": event["id"], "deliveries": made}


@control(_WEBHOOKS, "GET", "/webhooks", "Tells how webhooks are delivered.", answer=_SETTINGS)
@control(
    _WEBHOOKS,
    "POST",
    "/webhooks",
    "Changes that; what is left out stays. drop and duplicate are shares from 0 to 1.",
    body=_SETTINGS,
    answer="as GET /webhooks",
)
def _webhooks(asked: Asked) -> Any:
    account, given = asked.account, asked.given
    if unknown := given.keys() - account.settings()["webhooks"].keys():
        raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
    if given:
        with account.transaction():
            account.edit("_settings", "settings")["webhooks"] |= given
        if "seed" in given:
            asked.sandbox.courier.seed(given["seed"])
        asked.sandbox.courier.wake()
    return account.settings()["webhooks"]


@control(
    _WEBHOOKS,
    "GET",
    "/deliveries",
    "Lists deliveries and what came of them. ?state=pending, delivered, dropped or failed.",
    answer='{"deliveries": [{"id", "event", "type", "endpoint", "state", "attempts",'
    ' "queued_at", "next_at", "last_status", "last_error"}]}',
)
def _deliveries(asked: Asked) -> Any:
    rows = asked.account.kind("_delivery").values()
    wanted = asked.query.get("state")
    return {"deliveries": [row for row in rows if wanted in (None, row["state"])]}
