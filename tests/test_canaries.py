"""What people type, and what opens doors, is in no line of a real process, however it goes wrong.

Each canary is a value found nowhere else. With the redaction off, the same life shows some of them.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from portal.database import is_sqlite, run_sql
from portal.sealing import seal
from portal.settings import settings
from portal.sites.tables import Company
from tests.deliveries.conftest import Inbox, mail_server
from tests.limits import lift_limits
from tests.onboarding.conftest import shop
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, forms_of
from tests.processes import environment, free_port, until_answered

__all__ = ["shop"]

TYPED = {
    "email": "quibblewick@canary.example",
    "first_name": "Quillifer",
    "last_name": "Vantongeren",
    "organisation": "Zybbelinth O'Works",
    "phone": "020 7946 0123",
    "country": "GB",
    "line1": "77 Wrenlock Passage",
    "line2": "Tower Yoxall",
    "city": "Mirthwick",
    "state": "",
    "postal_code": "SW1Y 4JH",
    "tax_id": "GB980780684",
}
REFUSED = TYPED | {
    "email": "snorfle.blat@canary",
    "first_name": "Thrumbleton",
    "postal_code": "",
    "coupon": "NOSUCHFLIBBER",
}
SECRETS = {
    "webhook secret": "whsec_canarywhsecret77",
    "bearer": "grumblecanarytoken",
    "session cookie": "plinthcanarycookie",
    "code": "48210937",
    "link": "Lk" + "x1Yz" * 10 + "q",
    "signature": "f00dcafe" * 8,
}
# How a value may look on its way: alone, in quotes, as a number, in the form Stripe is given.
_OF_THE_PHONE = ("020 7946 0123", "442079460123", "2079460123", "20+7946+0123")
BY_ITSELF = "from portal.cli import main; main(['serve', '--port', 'PORT'])"
WITH_A_WHOLE_LOG = (
    "from portal import logs; keep = lambda *given: {k: v for k, v in given[2].items()"
    " if k != logs._QUOTED}; logs._without_secrets = keep; "
) + BY_ITSELF


def canaries() -> Iterator[tuple[str, str]]:
    for name, value in [*TYPED.items(), *REFUSED.items()]:
        if len(value) > 2 and name not in ("email", "phone"):
            yield name, value
    yield "email", "quibblewick"
    yield "email, refused", "snorfle"
    yield "organisation, quoted", "Zybbelinth"
    yield from (("phone", value) for value in _OF_THE_PHONE)
    yield from SECRETS.items()


async def test_no_canary_is_in_any_line(shop: Shop, tmp_path: Path) -> None:
    log, more = await live(shop, tmp_path, BY_ITSELF)

    found = [name for name, value in [*canaries(), *more] if value.lower() in log.lower()]
    assert found == []
    for happened in (
        "webhook.refused", "(internal)", "operations.paused", "worker.unsaved", "Traceback",
    ):  # fmt: skip
        assert happened in log, "the life must have gone through this"


async def test_with_the_redaction_off_some_are_seen(shop: Shop, tmp_path: Path) -> None:
    log, more = await live(shop, tmp_path, WITH_A_WHOLE_LOG)

    found = {name for name, value in [*canaries(), *more] if value.lower() in log.lower()}
    assert found >= {"email", "key", "first_name", "phone", "line1"}


async def live(shop: Shop, folder: Path, code: str) -> tuple[str, list[tuple[str, str]]]:
    """Lead a whole life in a real process at debug level; return its output, and its secrets."""
    await lift_limits()
    secrets = seal(json.dumps([SECRETS["webhook secret"]]), "webhook_secrets")
    await Company.update({Company.webhook_secrets: secrets}, force=True)
    inbox = Inbox()
    async with mail_server(inbox) as smtp, serving(folder, code, smtp) as (url, log):
        more = await _everything_that_goes_well(url)
        await _everything_that_goes_wrong(url, shop, inbox)
    more += [("secret", settings().secret.get_secret_value()), ("key", shop.stripe.key)]
    for mail in inbox.taken:
        text = mail.content.decode().replace("=\r\n", "")
        more += [("link", token) for token in re.findall(r"/signin/link/([\w-]{20,})", text)]
    assert inbox.taken
    return log.read_text(), more


async def _everything_that_goes_well(url: str) -> list[tuple[str, str]]:
    async with visiting(url) as ada:
        signed_up = await ada.sign_up(TYPED)
        assert signed_up.status_code == 303
        found = [("cookie", value) for value in ada.http.cookies.values()]
        found.append(("portal session", signed_up.headers["location"].rpartition("/")[2]))
        await ada.open("/welcome")
    async with visiting(url) as again:
        await again.sign_up(TYPED)
        asked = await again.open("/signin")
        typed = forms_of(asked.text)[0].fields | {"email": TYPED["email"]}
        found.append(("form token", typed["token"]))
        inboxed = await again.send("/signin", typed)
        page = await again.open(inboxed.headers["location"])
        code = forms_of(page.text)[0]
        await again.send(code.action, code.fields | {"code": SECRETS["code"]})
        await again.open(f"/signin/link/{SECRETS['link']}")
    return [(name, value) for name, value in found if len(value) > 8]


async def _everything_that_goes_wrong(url: str, shop: Shop, inbox: Inbox) -> None:
    who = f"{TYPED['first_name']} {TYPED['last_name']} <{TYPED['email']}> {TYPED['phone']}"
    async with visiting(url) as ada:
        assert (await ada.sign_up(REFUSED)).status_code == 422
        body = json.dumps({"id": "evt_1", "data": {"object": TYPED}})
        signed = {"stripe-signature": f"t=1,v1={SECRETS['signature']}"}
        forged = await ada.http.post("/webhooks/stripe/acme", content=body, headers=signed)
        assert forged.status_code == 400
        headers = {
            "authorization": f"Bearer {SECRETS['bearer']}",
            "cookie": f"session={SECRETS['session cookie']}; flow={SECRETS['session cookie']}",
        }
        await ada.open(f"/account?code={SECRETS['code']}&email={TYPED['email']}", headers=headers)
    inbox.answers["rcpt"] = f"550 No such user: {who}"
    await _sign_up_while(url, shop, "1", status=500, message=f"Lost: {who}", times=1)
    await _sign_up_while(url, shop, "2", status=400, param="phone", message=f"Bad: {who}", times=1)
    await _fail_in_a_handler(url)
    await _fail_in_the_worker(url)
    refusal = f"Invalid key {shop.stripe.key} of {TYPED['email']}"
    await _sign_up_while(url, shop, "4", status=401, message=refusal)
    await _until("SELECT company FROM pause")


async def _sign_up_while(url: str, shop: Shop, number: str, **fault: Any) -> None:
    await shop.stripe.fault(match="POST /v1/customers", fault="status", **fault)
    async with visiting(url) as ada:
        await ada.sign_up(TYPED | {"email": f"quibblewick{number}@canary.example"})
    await shop.stripe.mend()


async def _fail_in_a_handler(url: str) -> None:
    """Have the database refuse a sign-up in words that quote it."""
    if is_sqlite():
        text = f"no {TYPED['first_name']} of {TYPED['line1']}, call {TYPED['phone']}"
        await run_sql(
            f"CREATE TRIGGER no BEFORE INSERT ON customer BEGIN SELECT RAISE(ABORT, '{text}'); END"
        )
    else:
        await run_sql("ALTER TABLE customer ADD CONSTRAINT no CHECK (city = 'Paris') NOT VALID")
    async with visiting(url) as ada:
        answer = await ada.sign_up(TYPED | {"email": "quibblewick3@canary.example"})
    assert answer.status_code == 500
    await run_sql("DROP TRIGGER no" if is_sqlite() else "ALTER TABLE customer DROP CONSTRAINT no")


async def _fail_in_the_worker(url: str) -> None:
    """Have the database refuse a result, and (PostgreSQL) quote the row with all parameters."""
    if is_sqlite():
        await run_sql(
            "CREATE TRIGGER no BEFORE UPDATE ON operation WHEN NEW.state = 'done'"
            " BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    else:
        await run_sql("ALTER TABLE operation ADD CONSTRAINT no CHECK (state <> 'done') NOT VALID")
    async with visiting(url) as ada:
        await ada.sign_up(TYPED | {"email": "quibblewick5@canary.example"})
    await run_sql("DROP TRIGGER no" if is_sqlite() else "ALTER TABLE operation DROP CONSTRAINT no")


@asynccontextmanager
async def serving(folder: Path, code: str, smtp: str) -> AsyncIterator[tuple[str, Path]]:
    port, log = free_port(), folder / "log"
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-X", "dev", "-c", code.replace("PORT", str(port))),
            env=environment(base_url=url, mail_url=f"smtp://{smtp}", log_level="debug"),
            stdout=written,
            stderr=written,
        )
    try:
        await until_answered(f"{url}/healthz")
        yield url, log
    finally:
        # As at a keyboard: without the seconds in which a proxy sees that it stops.
        process.send_signal(signal.SIGINT)
        await process.wait()


async def _until(sql: str) -> None:
    async with asyncio.timeout(90):
        while not await run_sql(sql):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@asynccontextmanager
async def visiting(url: str) -> AsyncIterator[Visitor]:
    headers = {"sec-fetch-site": "same-origin", "accept": "text/html"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60, verify=False) as http:
        yield Visitor(http)
