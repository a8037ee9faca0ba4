"""The floor: a bare ASGI handler that does the two inserts and the same three SDK calls.

    python -m tests.bench.floor PORT

Reads PORTAL_DATABASE_URL, PORTAL_STRIPE_API and PORTAL_STRIPE_KEY as the portal does. No checks, no
pages, no second try, no mail: what nobody could do with less, on the same engine, the same SDK and
the same event loop. It sends Stripe what the portal sends, so that the same objects come back.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any
from urllib.parse import parse_qsl

import stripe
import uvicorn
from aiohttp import ClientTimeout, TCPConnector

from portal.billing.tables import InboxEvent
from portal.clock import now
from portal.customers.tables import Customer
from portal.database import open_database
from portal.ids import new_id
from portal.onboarding.tables import Onboarding
from portal.settings import settings
from portal.sites.tables import Site

SECRET = "whsec_floor"
WELCOME = "http://127.0.0.1/welcome"


async def _serve(port: int) -> None:
    stripe.enable_telemetry = False
    await open_database()
    site = await Site.objects().first()
    assert site is not None
    price = (await Site.raw("SELECT stripe_id, plan, id FROM price WHERE amount > 0 LIMIT 1"))[0]
    key = settings().stripe_key
    client = stripe.StripeClient(
        key.get_secret_value() if key else "",
        http_client=stripe.AIOHTTPClient(
            timeout=ClientTimeout(total=20), connector=TCPConnector(limit=128, keepalive_timeout=60)
        ),
        base_addresses={"api": settings().stripe_api},
    ).v1

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers: list[tuple[bytes, bytes]]
        if scope["type"] != "http":
            return
        body = (await receive())["body"]
        if scope["method"] == "GET":
            status, headers = 200, []
        elif scope["path"] == "/webhook":
            status, headers = await take_event(scope, body), []
        else:
            status, headers = 303, [(b"location", (await sign_up(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def sign_up(body: bytes) -> str:
        form = dict(parse_qsl(body.decode()))
        customer = Customer(
            id=new_id("cust"), company=site.company, site=site.id, email=form["email"],
            email_key=form["email"], created_at=now(), updated_at=now(),
        )  # fmt: skip
        await customer.save()
        onboarding = Onboarding(
            id=new_id("onbo"), customer=customer.id, site=site.id, plan=price["plan"],
            price=price["id"], created_at=now(),
        )  # fmt: skip
        await onboarding.save()
        marks = {"portal": site.company, "customer": customer.id, "onboarding": onboarding.id}
        made = await client.customers.create_async(
            _customer_params(form, marks), {"idempotency_key": customer.id}
        )
        subscription: Any = {
            "customer": made.id,
            "items": [{"price": price["stripe_id"]}],
            "metadata": marks | {"operation": onboarding.id},
            "trial_period_days": 14,
            "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}},
        }
        _, session = await asyncio.gather(
            client.subscriptions.create_async(subscription, {"idempotency_key": onboarding.id}),
            client.billing_portal.sessions.create_async(_portal_params(made.id)),
        )
        return str(session.url)

    async def take_event(scope: Any, body: bytes) -> int:
        signature = dict(scope["headers"])[b"stripe-signature"].decode()
        stripe.WebhookSignature.verify_header(body.decode(), signature, SECRET, 300)
        event = json.loads(body)
        await InboxEvent(
            company=site.company, event_id=event["id"], type=event["type"], sha256="",
            object_id=event["data"]["object"]["id"], created_at=now(), received_at=now(),
            next_at=now(),
        ).save()  # fmt: skip
        return 200

    await uvicorn.Server(_config(app, port)).serve()


def _customer_params(form: dict[str, str], marks: dict[str, str]) -> Any:
    return {
        "email": form["email"],
        "name": f"{form['first_name']} {form['last_name']}",
        "phone": form["phone"].replace(" ", ""),
        "address": {name: form[name] for name in ("line1", "city", "postal_code", "country")},
        "preferred_locales": ["en"],
        "metadata": marks | {"operation": marks["onboarding"]},
    }


def _portal_params(customer: str) -> Any:
    back = {"type": "redirect", "redirect": {"return_url": WELCOME}}
    flow = {"type": "payment_method_update", "after_completion": back}
    return {"customer": customer, "return_url": WELCOME, "locale": "en", "flow_data": flow}


def _config(app: Any, port: int) -> uvicorn.Config:
    """Serve as the portal is served."""
    return uvicorn.Config(
        app, port=port, access_log=False, log_level="warning", lifespan="off",
        proxy_headers=False, server_header=False,
    )  # fmt: skip


if __name__ == "__main__":
    loop_factory = _config(None, 0).get_loop_factory()
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(_serve(int(sys.argv[1])))
