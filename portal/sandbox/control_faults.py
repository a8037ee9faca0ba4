"""What goes wrong on the way to this Stripe: faults, limits, latency; and what was asked of it."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.controls import Asked, control
from portal.sandbox.fault_kinds import KINDS
from portal.sandbox.faults import read_faults
from portal.sandbox.idempotency import KEPT_FOR_S

_FAULTS = "Faults"
_REQUESTS = "Requests and limits"
_FAULT = f"""{{
  "match": "POST /v1/customers",   method and path; * stands for anything
  "email": "ada@*",                only for the customer with this address; null: for all
  "nth": 1,                        the first call it strikes, of those that match
  "times": null,                   how often it strikes; null: always
  "fault": "status",               reset | hang | delay | status
  "when": "before",                before | after the effect, or late: the answer comes now and
                                   the effect "delay" seconds of the account's time later
  "status": 500,                   for status; with "type", "code", "param", "message", "headers"
  "saved": false,                  true: the idempotency key keeps the refusal, as v1 keeps a 500
  "delay": 0.0,                    seconds to wait; a hang without one lasts until the other side
                                   gives up, ten minutes at most
  "probability": 1.0,              chance, made repeatable by "seed"
  "seed": null
}}
or a kind, with any of the above to change it:
{{"kind": "late", "match": "POST /v1/subscriptions", "delay": 60}}
or several kinds, each with its share of the requests:
{{"kinds": {{"reset_after": 0.1, "saved_500_after": 0.1}}, "match": "POST /v1/*", "seed": 7}}
kinds: {", ".join(KINDS)}"""


@control(
    _FAULTS,
    "GET",
    "/faults",
    "Lists what goes wrong at present; struck counts how often it has.",
    answer='{"faults": [{"match", "fault", "when", "status", …, "struck": 0}]}',
)
def _faults(asked: Asked) -> Any:
    return {"faults": [fault.described() for fault in asked.account.conditions.faults]}


@control(
    _FAULTS,
    "POST",
    "/faults",
    "Adds one fault, or a list of them. The first that strikes a request is the only one. What a"
    " key answers again can be lost, slow or 429 as well; other refusals strike only what is new."
    " With a seed, the same call of the same endpoint is struck each time. A restart of the sandbox"
    " forgets faults, not what they have put off.",
    body=_FAULT,
    answer="as GET /faults",
)
def _add_faults(asked: Asked) -> Any:
    given = asked.given
    listed = given if isinstance(given, list) else given.get("faults", [given])
    asked.account.conditions.faults.extend(read_faults(listed))
    return _faults(asked)


@control(_FAULTS, "DELETE", "/faults", "Makes all well again.", answer='{"faults": []}')
def _clear_faults(asked: Asked) -> Any:
    asked.account.conditions.faults.clear()
    return {"faults": []}


@control(
    _FAULTS,
    "POST",
    "/latency",
    "Lets so many seconds pass before each answer of the API.",
    body='{"seconds": 0.05}',
    answer='{"seconds": 0.05}',
)
@control(_FAULTS, "GET", "/latency", "Tells the latency.", answer='{"seconds": 0.0}')
def _latency(asked: Asked) -> Any:
    conditions = asked.account.conditions
    conditions.latency_s = float(asked.given.get("seconds", conditions.latency_s))
    return {"seconds": conditions.latency_s}


@control(
    _FAULTS,
    "POST",
    "/date",
    "Lets the Date header of the API's answers be off by so many seconds.",
    body='{"skew": -600}',
    answer='{"skew": -600.0}',
)
@control(
    _FAULTS, "GET", "/date", "Tells how far the Date of answers is off.", answer='{"skew": 0.0}'
)
def _date(asked: Asked) -> Any:
    conditions = asked.account.conditions
    conditions.date_skew_s = float(asked.given.get("skew", conditions.date_skew_s))
    return {"skew": conditions.date_skew_s}


@control(
    _REQUESTS,
    "GET",
    "/requests",
    "Lists the requests to the API, oldest first. ?since=UNIX leaves older ones out. A status"
    " of null means that no answer was sent; replayed, that an idempotency key answered.",
    answer='{"requests": [{"id", "method", "path", "params", "idempotency_key", "status",'
    ' "replayed", "time", "duration"}]}   times are UNIX seconds, durations seconds',
)
def _requests(asked: Asked) -> Any:
    since = float(asked.query.get("since", 0))
    return {"requests": [seen for seen in asked.account.requests if seen["time"] > since]}


@control(_REQUESTS, "DELETE", "/requests", "Empties that list.", answer='{"requests": []}')
def _clear_requests(asked: Asked) -> Any:
    asked.account.requests.clear()
    return {"requests": []}


_LIMIT = '{"per_second": null, "per_endpoint": null}'


@control(
    _REQUESTS,
    "POST",
    "/limit",
    "Answers 429 to what exceeds so many requests in any second, in all or for one endpoint; null:"
    " no limit. Stripe has 100 and 25. Idempotency keys are not looked at before.",
    body='{"per_second": 100, "per_endpoint": 25}',
    answer=_LIMIT,
)
@control(_REQUESTS, "GET", "/limit", "Tells the limits.", answer=_LIMIT)
def _limit(asked: Asked) -> Any:
    gauge, given = asked.account.conditions.gauge, asked.given
    if "per_second" in given:
        gauge.per_second = _number(given["per_second"])
    if "per_endpoint" in given:
        gauge.per_endpoint = _number(given["per_endpoint"])
    return limits_of(asked.account)


def limits_of(account: Account) -> dict[str, float | None]:
    """Give the account's limits."""
    gauge = account.conditions.gauge
    return {"per_second": gauge.per_second, "per_endpoint": gauge.per_endpoint}


def _number(given: Any) -> float | None:
    return None if given is None else float(given)


@control(
    _REQUESTS,
    "GET",
    "/rates",
    "Tells how many requests of each second were answered, and how many the limits refused. It"
    " remembers the last two hours; ?since=UNIX leaves older seconds out.",
    answer='{"answered": 3, "refused": 1, "busiest": 3, "seconds": [{"second": 1796428800,'
    ' "answered": 3, "refused": 1, "endpoints": {"POST /v1/customers": 3}}]}',
)
def _rates(asked: Asked) -> Any:
    return rates_of(asked.account, float(asked.query.get("since", 0)))


def rates_of(account: Account, since: float) -> dict[str, Any]:
    """Tell what came of the requests since a moment, second by second."""
    seconds = [each for each in account.conditions.gauge.seconds if each.second >= since]
    return {
        "answered": sum(each.answered for each in seconds),
        "refused": sum(each.refused for each in seconds),
        "busiest": max((each.answered + each.refused for each in seconds), default=0),
        "seconds": [each.described() for each in seconds],
    }


@control(
    _REQUESTS,
    "GET",
    "/idempotency",
    "Tells how idempotency keys fared: replays gave a kept answer again, mismatches came with other"
    " parameters (400), conflicts while the first request ran (409).",
    answer='{"kept": 2, "running": 0, "replays": 1, "mismatches": 0, "conflicts": 0}',
)
def _idempotency(asked: Asked) -> Any:
    account = asked.account
    old_at = account.account_time() - KEPT_FOR_S
    kept = sum(row["at"] >= old_at for row in account.kind("_idempotency").values())
    seen = account.conditions.keys_seen
    counts = {name: seen[name] for name in ("replays", "mismatches", "conflicts")}
    return {"kept": kept, "running": len(account.in_flight)} | counts
