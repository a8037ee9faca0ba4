"""The page that describes the control API and lists the operations."""

from __future__ import annotations

from html import escape

from portal.sandbox.operations import all_operations
from portal.sandbox.wire import Answer

CONTROLS = """
POST   /_sandbox/accounts      {"key": optional}: another account; answers {"account", "key"}
GET    /_sandbox/requests      every API request seen, newest last: id, method, path, params,
                               idempotency_key, status (null: none was sent), replayed, time,
                               duration; ?since=UNIX
DELETE /_sandbox/requests      forget them
GET    /_sandbox/clock         {"now", "offset"}
POST   /_sandbox/clock         {"advance": seconds} or {"to": unix}: moves time, and does all that
                               falls due on the way
GET    /_sandbox/faults        what goes wrong at present
POST   /_sandbox/faults        one fault or a list of them, tried in order:
                               match        method and path, * for anything: "POST /v1/customers"
                               fault        reset, hang, delay or status
                               when         before or after the effect; late: the effect comes
                                            `delay` seconds after the answer
                               status       with type, code, param, message, headers
                               saved        the idempotency key keeps the refusal, as v1 keeps a 500
                               times        how often; null: always
                               probability  0 to 1, with seed
                               delay        seconds
DELETE /_sandbox/faults        all is well again
GET    /_sandbox/events        all events, oldest first; ?type=
POST   /_sandbox/events/<id>/replay   {"times": n}: deliver it again
GET    /_sandbox/webhooks      the settings
POST   /_sandbox/webhooks      {"paused", "drop": 0 to 1, "duplicate": 0 to 1, "shuffle", "seed"}
GET    /_sandbox/deliveries    every delivery and what came of it; ?state=pending
GET    /_sandbox/objects       {"counts"}; ?type=customer: the objects too
POST   /_sandbox/latency       {"seconds": 0.05} before each answer of the API
POST   /_sandbox/limit         {"per_second": 25} or null: more than that is answered 429
POST   /_sandbox/reset         empty the account
"""


def description_page() -> Answer:
    """Give the page."""
    operations = "\n".join(all_operations())
    page = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>The sandbox</title></head>
<body>
<h1>The sandbox: a local Stripe</h1>
<p>The account is chosen by <code>Authorization: Bearer sk_test_…</code> or <code>?key=</code>;
without either it is the first one. Bodies and answers are JSON.</p>
<h2>Control</h2>
<pre>{escape(CONTROLS)}</pre>
<h2>Operations of the API</h2>
<pre>{escape(operations)}</pre>
</body>
</html>
"""
    return Answer(200, page.encode(), "text/html; charset=utf-8")
