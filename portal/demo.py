"""Everything on this machine: the portal with its worker, the local Stripe, and a mailbox."""

from __future__ import annotations

import asyncio
import json
import secrets
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from portal.demo_ports import address_of, listen_again, listen_at
from portal.settings import configure

KEY = "sk_test_sandbox"
# 5 s together: as long as anybody is kept waiting for Stripe, then what the worker has under way.
ANSWER_S, DRAIN_S = 4, 0.5


async def run_demo(port: int, data: Path, *, as_json: bool) -> None:
    """Serve the demo from this folder until SIGTERM or Ctrl-C; ends within 5 s of either.

    Asks no DNS and sends nothing out: mails land in the folder, Stripe is the sandbox beside it.
    """
    data.mkdir(parents=True, exist_ok=True)
    here = listen_at(port)
    there = listen_again(data / "stripe.port")
    portal_url, stripe_url = address_of(here), address_of(there)
    configure(
        database_url=f"sqlite:///{data.resolve() / 'portal.sqlite'}",
        base_url=portal_url,
        secret=_remembered_secret(data),
        stripe_key=KEY,
        stripe_api=stripe_url,
        stripe_calls_per_s=1000.0,
        mail_url=f"file://{data.resolve() / 'mail'}",
        mail_from="Fernhill Press <portal@fernhill.example>",
        check_email_dns=False,
        # Whoever tries webhooks out has their receiver on this machine.
        webhook_private_hosts="127.0.0.1,localhost",
    )
    async with asyncio.TaskGroup() as servers:
        sandbox = await _start(servers, _sandbox(data, stripe_url), there)
        keys = await _declare(data, stripe_url)
        portal = await _start(servers, _portal(), here)
        _stop_on_signals([portal, sandbox])
        await _announce(portal_url, stripe_url, keys, as_json=as_json)


class _Server(uvicorn.Server):
    """A server that says when it is ready, and leaves signals to the demo, which has two."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _start(servers: asyncio.TaskGroup, app: Any, at: socket.socket) -> _Server:
    server = _Server(
        uvicorn.Config(
            app,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=ANSWER_S,
        )
    )
    serving = servers.create_task(server.serve(sockets=[at]))
    ready = servers.create_task(server.ready.wait())
    await asyncio.wait([serving, ready], return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        raise SystemExit("The demo could not start: see above.")
    return server


def _sandbox(data: Path, url: str) -> Any:
    from portal.sandbox.app import create_app

    return create_app(data=data / "stripe.sqlite", public_url=url, key=KEY)


def _portal() -> Any:
    from portal.app import create_app
    from portal.pages.mailbox import mailbox_routes

    return create_app(extra_routes=mailbox_routes, drain_s=DRAIN_S)


async def _declare(data: Path, stripe_url: str) -> dict[str, str]:
    """Put the demo's plans on sale; return its keys for programs."""
    from portal.billing.gateway import close_gateways
    from portal.database import close_database, open_database
    from portal.demo_keys import demo_keys
    from portal.plans.apply import apply_declaration
    from portal.plans.declaration import read_declaration
    from portal.sites.storefront import all_sites

    await open_database()
    try:
        declared = read_declaration((Path(__file__).parent / "demo.toml").read_text())
        await apply_declaration(declared)
        await _offer_codes(stripe_url)
        return await demo_keys(data / "keys.json", (await all_sites())[0].company_id)
    finally:
        await close_gateways()
        await close_database()


async def _offer_codes(stripe_url: str) -> None:
    """Make a coupon and a promotion code at the sandbox, as a seller would in the Dashboard."""
    import aiohttp

    coupon = {"id": "WELCOME20", "percent_off": "20", "duration": "once"}
    code = {"promotion[type]": "coupon", "promotion[coupon]": "WELCOME20", "code": "FRIENDS"}
    auth = {"Authorization": f"Bearer {KEY}"}
    async with aiohttp.ClientSession(stripe_url, headers=auth) as stripe:
        async with stripe.get("/v1/coupons/WELCOME20") as answer:
            if answer.status == 200:
                return
        for path, form in (("/v1/coupons", coupon), ("/v1/promotion_codes", code)):
            async with stripe.post(path, data=form) as answer:
                answer.raise_for_status()


def _stop_on_signals(servers: list[_Server]) -> None:
    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)


async def _announce(
    portal_url: str, stripe_url: str, keys: dict[str, str], *, as_json: bool
) -> None:
    from portal.sites.storefront import all_sites

    sites = await all_sites()
    told = {
        "portal": portal_url,
        "stripe": stripe_url,
        "stripe_key": KEY,
        "mailbox": f"{portal_url}/mailbox",
        "site": sites[0].id,
        **keys,
    }
    if as_json:
        print(json.dumps(told), flush=True)
        return
    lines = [
        ("Pricing page", portal_url),
        ("The other site", f"{portal_url}/?site={sites[1].number}"),
        ("Mailbox", told["mailbox"]),
        ("Local Stripe", f"{stripe_url}/_sandbox/"),
        ("API reference", f"{portal_url}/schema"),
        ("API key", told["api_key"]),
    ]
    print("\nThe demo is ready.\n")
    for name, address in lines:
        print(f"  {name:<15} {address}")
    print("\nPay with 4242 4242 4242 4242, any later date, any code. Codes: WELCOME20, FRIENDS.")
    print("Ctrl-C ends it; the same folder continues where it was.\n", flush=True)


def _remembered_secret(data: Path) -> str:
    file = data / "secret"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32))
    return file.read_text()
