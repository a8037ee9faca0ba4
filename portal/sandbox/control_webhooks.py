"""Events and their deliveries from behind."""

from __future__ import annotations

import random
from typing import Any

from portal.sandbox.controls import Asked, control
from portal.sandbox.errors import StripeError
from portal.sandbox.events import queue
from portal.sandbox.rows import Row, new_id
from portal.sandbox.signing import SIGNATURES
from portal.sandbox.views import shown

_WEBHOOKS = "Webhooks"
_SHARES = ("drop", "duplicate", "not_generated")
_SETTINGS = """{
  "paused": false,         true: deliveries wait
  "senders": 8,            how many are under way at once; 1 keeps their order
  "tries": null,           attempts; null: 4 within about an hour, in live mode for three days
  "drop": 0.0,             share from 0 to 1 that is never sent, and not tried again
  "duplicate": 0.0,        share that is sent twice
  "shuffle": false,        true: those that are due are sent in any order
  "delay": 0.0,            seconds of the account's time before the first attempt
  "spread": 0.0,           up to so many seconds more, by chance
  "signature": "right",    right | another | former | stale | future | missing
  "not_generated": 0.0,    share of changes whose event never comes to be
  "seed": null             makes chance the same each time
}"""


@control(
    _WEBHOOKS,
    "GET",
    "/events",
    "Lists all events, oldest first. ?type=customer.created picks some.",
    answer='{"events": [{"id": "evt_…", "type", "data", "pending_webhooks", …}]}',
)
def _events(asked: Asked) -> Any:
    account = asked.account
    return {"events": [shown(account, event) for event in _picked(asked, asked.query)]}


def _picked(asked: Asked, by: dict[str, Any]) -> list[Row]:
    account, wanted = asked.account, by.get("type")
    return [
        event
        for event in account.kind("event").values()
        if wanted in (None, event["type"])
        and (not by.get("undelivered") or account.outbox.owing(event["id"]))
    ]


@control(
    _WEBHOOKS,
    "POST",
    "/events/{event}/replay",
    "Delivers an event again, to every endpoint that wants it, signed as usual or as told.",
    body='{"times": 1, "signature": "stale"}   both may be left out',
    answer='{"event": "evt_…", "deliveries": 1}',
)
def _replay(asked: Asked) -> Any:
    event = asked.account.get("event", asked.query["event"])
    if event is None:
        raise StripeError(404, f"No such event: '{asked.query['event']}'")
    return {"event": event["id"], "deliveries": _queue_again(asked, [event])}


@control(
    _WEBHOOKS,
    "POST",
    "/events/replay",
    "Delivers all events again, or those of a type, or those that some endpoint has not got.",
    body='{"type": "customer.created", "undelivered": true, "times": 1}   all may be left out',
    answer='{"events": 12, "deliveries": 12}',
)
def _replay_all(asked: Asked) -> Any:
    events = _picked(asked, asked.given)
    return {"events": len(events), "deliveries": _queue_again(asked, events)}


def _queue_again(asked: Asked, events: list[Row]) -> int:
    signature = asked.given.get("signature")
    if signature is not None and signature not in SIGNATURES:
        raise ValueError(f"signature is one of {SIGNATURES}")
    times = int(asked.given.get("times", 1))
    with asked.account.transaction():
        return sum(
            queue(asked.account, event, times=times, signature=signature) for event in events
        )


@control(
    _WEBHOOKS,
    "POST",
    "/webhooks",
    "Changes that; what is left out stays. Attempts and delays follow the account's clock: moving"
    " it forward makes the next attempts due. Signatures carry the real time.",
    body=_SETTINGS,
    answer="as GET /webhooks",
)
@control(_WEBHOOKS, "GET", "/webhooks", "Tells how webhooks are delivered.", answer=_SETTINGS)
def _webhooks(asked: Asked) -> Any:
    account, given = asked.account, asked.given
    _check_settings(given, account.settings()["webhooks"])
    if given:
        with account.transaction():
            account.edit("_settings", "settings")["webhooks"] |= given
        if "seed" in given:
            account.outbox.dice = random.Random(given["seed"])
        asked.sandbox.courier.wake(account)
    return account.settings()["webhooks"]


def _check_settings(given: Row, known: Row) -> None:
    if unknown := given.keys() - known.keys():
        raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
    for name in _SHARES:
        if not 0 <= given.get(name, 0) <= 1:
            raise ValueError(f"{name} is a share from 0 to 1")
    if given.get("senders", 1) < 1:
        raise ValueError("senders is at least 1")
    if given.get("signature", "right") not in SIGNATURES:
        raise ValueError(f"signature is one of {SIGNATURES}")


@control(
    _WEBHOOKS,
    "POST",
    "/webhook_endpoints/{endpoint}/roll",
    "Gives an endpoint a new secret, as the Dashboard does. So long as the former one still counts,"
    " deliveries carry a signature of each.",
    body='{"keep_for": 86400}   seconds of the account\'s time; 0: the former ends at once',
    answer='{"secret": "whsec_…"}',
)
def _roll(asked: Asked) -> Any:
    account, id = asked.account, asked.query["endpoint"]
    if account.get("webhook_endpoint", id) is None:
        raise StripeError(404, f"No such webhook endpoint: '{id}'")
    with account.transaction():
        row = account.edit("webhook_endpoint", id)
        until = account.account_time() + int(asked.given.get("keep_for", 0))
        row["_former"] = [*row.get("_former", []), {"secret": row["_secret"], "until": until}]
        row["_secret"] = new_id("whsec", 32)
    return {"secret": row["_secret"]}


@control(
    _WEBHOOKS,
    "GET",
    "/deliveries",
    "Lists deliveries and what came of them. ?state=pending, delivered, dropped or failed. Times"
    " are the account's.",
    answer='{"deliveries": [{"id", "number", "event", "type", "endpoint", "signature", "state",'
    ' "attempts", "queued_at", "next_at", "last_status", "last_error"}]}',
)
def _deliveries(asked: Asked) -> Any:
    rows = asked.account.kind("_delivery").values()
    wanted = asked.query.get("state")
    return {"deliveries": [row for row in rows if wanted in (None, row["state"])]}
