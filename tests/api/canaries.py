"""A life with canaries in it: values found nowhere else, and where each of them is seen."""

from __future__ import annotations

import asyncio
import io
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from portal.access.keys import SCOPES
from portal.app import Portal
from portal.database import run_sql
from portal.settings import configure
from portal.web.programs.document import Operation
from tests.api.asking import UNKNOWN, Asked, ask, every_operation, example_of, paths_of, with_value
from tests.api.calling import ADA, Program, calling
from tests.api.mirrored import everything, key_of
from tests.deliveries.receiver import Receiver, receiving
from tests.test_logs import configured

CARD = "4539148803436467"
WRITTEN = (CARD, "4539 1488 0343 6467", "card 4539-1488-0343-6467, 12/30")
BEFORE = {
    "device": "Zorbelwick till 9",
    "user": "plonkwitz@canary.example",
    "ip": "198.51.100.77",
}
NAME = "Quillifertje"
"""Belongs where people's names do: whoever looks for canaries has to find it there."""
DOORS = (
    "/v1",
    "/compat/onboard",
    "/compat/core/v1",
    "/compat/v1",
    "/compat/api/v2",
    "/compat/stripe/v1",
)
_BETWEEN = re.compile(r"(?<=\d)[\s./-]+(?=\d)")
_ORIGIN = {f"portal-request-origin-{name}": value for name, value in BEFORE.items()}
Sending = Coroutine[Any, Any, httpx.Response]


@dataclass
class Seen:
    """All that came of a life, as text: what was answered, kept, told to webhooks and logged."""

    asked: list[Asked] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    tables: Mapping[str, str] = field(default_factory=dict)
    told: str = ""
    log: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)

    def places_of(self, canary: str) -> set[str]:
        """Name where a value stands: answers, webhooks, the log, and tables by name."""
        among = {"answers": "\n".join(self.answers), "webhooks": self.told, "log": self.log}
        return {place for place, text in {**among, **self.tables}.items() if _holds(text, canary)}

    async def note(self, sending: Sending) -> httpx.Response:
        """Keep the answer to a request, which is made in a task of its own as a server's are."""
        answer = await asyncio.create_task(sending)
        self.answers.append(f"{answer.headers} {answer.text}")
        return answer


def _holds(text: str, canary: str) -> bool:
    return canary in (_BETWEEN.sub("", text) if canary.isdigit() else text)


@asynccontextmanager
async def life(portal: Portal) -> AsyncIterator[Seen]:
    """Lead a life at debug level with all canaries in it; give what was seen of it."""
    seen, log = Seen(), io.StringIO()
    configure(webhook_private_hosts="127.0.0.1")
    key = await key_of("comp_1", SCOPES, label="canary")
    async with receiving() as receiver, calling(portal, key) as program:
        with configured(log):
            secrets = await _listen(program, receiver)
            await _live(seen, program, receiver, secrets["first"], key)
            for operation in every_operation(portal):
                for how, sending in ways_in(program.http, operation):
                    seen.asked.append(Asked(operation, how, await seen.note(sending)))
            for door in DOORS:
                await seen.note(program.get(f"{door}/nowhere/{CARD}"))
        seen.tables = {name: str(rows) for name, rows in (await everything()).items()}
        seen.told = "\n".join(f"{taken.headers} {taken.body}" for taken in receiver.taken)
        seen.log = log.getvalue()
        basic = b64encode(f"{key}:".encode()).decode()
        seen.secrets = secrets | {"key": key, "basic": basic}
        yield seen


async def _listen(program: Program, receiver: Receiver) -> dict[str, str]:
    """Make an endpoint and rotate its secret: two answers that tell it, which nothing else does."""
    made = (await program.post("/v1/webhook_endpoints", {"url": receiver.url})).json()
    turned = (await program.post(f"/v1/webhook_endpoints/{made['id']}/rotate")).json()
    return {"first": made["secret"], "second": turned["secret"]}


async def _live(seen: Seen, program: Program, receiver: Receiver, secret: str, key: str) -> None:
    named = _ORIGIN | {"idempotency-key": CARD, "request-id": CARD}
    body = ADA | {"first_name": NAME, "plan": None}
    for _ in range(2):
        created = await seen.note(program.post("/v1/customers", body, headers=named))
        assert created.status_code == 201
    basic = {"authorization": f"Basic {b64encode(f'{key}:'.encode()).decode()}"}
    await seen.note(program.http.get("/compat/api/v2/customers", headers=basic))
    async with asyncio.timeout(20):
        while not receiver.taken:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert receiver.taken[0].verified(secret)["data"]["first_name"] == NAME
    words = " ".join((*BEFORE.values(), CARD, key))
    await run_sql(
        f"CREATE TRIGGER no BEFORE INSERT ON customer BEGIN SELECT RAISE(ABORT, '{words}'); END"
    )
    other = {"email": "grace@hopper.example", "plan": None}
    broken = await seen.note(program.post("/v1/customers", other, headers=_ORIGIN))
    assert broken.status_code == 500
    await run_sql("DROP TRIGGER no")


def ways_in(http: httpx.AsyncClient, operation: Operation) -> Iterator[tuple[str, Sending]]:
    """Give every way to send a card's number to an operation."""
    said, body = operation.described, example_of(operation)

    def sent(headers: Mapping[str, str] = {}, **more: Any) -> Sending:
        ids = more.pop("ids", UNKNOWN)
        return ask(http, operation, ids, headers, body=more.pop("body", body), **more)

    if operation.path_names:
        yield "path", sent(ids=dict.fromkeys(UNKNOWN, CARD))
    yield "query", sent(query={"note": WRITTEN[2]})
    yield "query name", sent(query={CARD: "1"})
    yield "request id", sent({"request-id": CARD})
    for name in ("device", "user"):
        yield "origin", sent({f"{said.door.prefix}request-origin-{name}": WRITTEN[1]})
    encoded = b64encode(WRITTEN[1].encode()).decode()
    yield "origin", sent({f"{said.door.prefix}request-origin-user-encoded": encoded})
    if said.body is not None:
        for number, path in enumerate(paths_of(body)):
            is_address = str(path[-1]).endswith("url")
            written = CARD if is_address else WRITTEN[number % len(WRITTEN)]
            yield f"value {path}", sent(body=with_value(example_of(operation), path, written))
        yield "name", sent(body={**body, CARD: "x"} if isinstance(body, dict) else [{CARD: "x"}])
    if said.form:
        yield "brackets", sent(body={f"{CARD}[": "x"})
    if said.multipart:
        yield "form", _form(http, operation, {"metadata[note]": WRITTEN[2]})
    if said.file or said.multipart:
        yield "form", _form(http, operation, {CARD: "x"})
        yield "form", _form(http, operation, {f"x[{CARD}": "x"})


def _form(http: httpx.AsyncClient, operation: Operation, fields: Mapping[str, str]) -> Sending:
    address = operation.path.format_map(dict.fromkeys(operation.path_names, UNKNOWN["customer"]))
    files = {name: (None, value) for name, value in fields.items()}
    return http.request(operation.method, address, files=files)
