"""The page that describes the control API exactly, and lists the operations of the API."""

from __future__ import annotations

from dataclasses import dataclass

from portal.sandbox.operations import all_operations
from portal.sandbox.rendering import page
from portal.sandbox.wire import Answer


@dataclass(frozen=True, slots=True)
class Described:
    """One address of the control API."""

    method: str
    path: str
    words: str
    body: str = ""
    answer: str = ""


_FAULT = """{
  "match": "POST /v1/customers",   method and path; * stands for anything
  "fault": "status",               reset | hang | delay | status
  "when": "before",                before | after the effect, or late: the effect comes
                                   "delay" seconds after the answer
  "status": 500,                   for status; with "type", "code", "param", "message", "headers"
  "saved": false,                  true: the idempotency key keeps the refusal, as v1 keeps a 500
  "times": null,                   how often it strikes; null: always
  "probability": 1.0,              with "seed", to make chance repeatable
  "delay": 0.0                     seconds to wait; a hang without one lasts ten minutes
}"""
_WEBHOOKS = '{"paused": false, "drop": 0.0, "duplicate": 0.0, "shuffle": false, "seed": null}'

DESCRIBED = (
    Described(
        "POST",
        "/accounts",
        "Opens another account, or gives the one of a key. Tests run side by side like this.",
        '{"key": "sk_test_mine"}   the key is optional',
        '{"account": "acct_…", "key": "sk_test_…"}',
    ),
    Described(
        "GET",
        "/requests",
        "Lists the requests to the API, oldest first. ?since=UNIX leaves older ones out. A status"
        " of null means that no answer was sent; replayed, that an idempotency key answered.",
        answer='{"requests": [{"id", "method", "path", "params", "idempotency_key", "status",'
        ' "replayed", "time", "duration"}]}   times are UNIX seconds, durations seconds',
    ),
    Described("DELETE", "/requests", "Empties that list.", answer='{"requests": []}'),
    Described(
        "GET",
        "/clock",
        "Tells the account's time and how far it was moved.",
        answer='{"now": 1796428800, "offset": 0}',
    ),
    Described(
        "POST",
        "/clock",
        "Moves time forward, by seconds or to a moment, and does all that falls due on the way:"
        " trials end, periods renew, drafts become final. Customers on a test clock stay in its"
        " time. Backwards is answered 400.",
        '{"advance": 86400}   or   {"to": 1796515200}',
        '{"now": 1796515200, "offset": 86400}',
    ),
    Described(
        "GET",
        "/faults",
        "Lists what goes wrong at present; struck counts how often it has.",
        answer='{"faults": [{"match", "fault", "when", "status", …, "struck": 0}]}',
    ),
    Described(
        "POST",
        "/faults",
        "Adds one fault, or a list of them. The first that matches a request strikes it.",
        _FAULT,
        "as GET /faults",
    ),
    Described("DELETE", "/faults", "Makes all well again.", answer='{"faults": []}'),
    Described(
        "GET",
        "/events",
        "Lists all events, oldest first. ?type=customer.created picks some.",
        answer='{"events": [{"id": "evt_…", "type", "data", "pending_webhooks", …}]}',
    ),
    Described(
        "POST",
        "/events/{id}/replay",
        "Delivers an event again, to every endpoint that wants it.",
        '{"times": 1}',
        '{"event": "evt_…", "deliveries": 1}',
    ),
    Described("GET", "/webhooks", "Tells how webhooks are delivered.", answer=_WEBHOOKS),
    Described(
        "POST",
        "/webhooks",
        "Changes that; what is left out stays. drop and duplicate are shares from 0 to 1.",
        _WEBHOOKS,
        "as GET /webhooks",
    ),
    Described(
        "GET",
        "/deliveries",
        "Lists deliveries and what came of them. ?state=pending, delivered, dropped or failed.",
        answer='{"deliveries": [{"id", "event", "type", "endpoint", "state", "attempts",'
        ' "queued_at", "next_at", "last_status", "last_error"}]}',
    ),
    Described(
        "GET",
        "/objects",
        "Counts the account's objects by type; ?type=customer gives those as well.",
        answer='{"counts": {"customer": 1}}   with a type also {"objects": […], "count": 1}',
    ),
    Described("GET", "/latency", "Tells the latency.", answer='{"seconds": 0.0}'),
    Described(
        "POST",
        "/latency",
        "Lets so many seconds pass before each answer of the API.",
        '{"seconds": 0.05}',
        '{"seconds": 0.05}',
    ),
    Described("GET", "/limit", "Tells the limit.", answer='{"per_second": null}'),
    Described(
        "POST",
        "/limit",
        "Answers 429 to what exceeds so many requests in a second; null: no limit.",
        '{"per_second": 25}',
        '{"per_second": 25.0}',
    ),
    Described(
        "POST",
        "/reset",
        "Empties the account: objects, requests, faults and clock.",
        answer='{"account": "acct_…", "key": "sk_test_…"}',
    ),
)


def description_page(base: str) -> Answer:
    """Give the page."""
    return page("docs.html", base, described=DESCRIBED, operations=all_operations())
