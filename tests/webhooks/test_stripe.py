"""Events at the door: kept once and answered, or refused without a trace."""

from __future__ import annotations

import json
import logging
import random
from typing import Any

import httpx
import pytest

from portal.billing.endpoints import forget_endpoints
from portal.billing.stripe_events import LARGEST_BODY
from portal.billing.tables import InboxEvent
from portal.database import current
from portal.database.postgres import HardenedPostgres
from portal.operations.wake import WORK, listening
from portal.sealing import seal
from portal.settings import configure
from portal.sites.tables import Company
from tests.billing.signing import SECRET, body_of, signed

DOOR = "/webhooks/stripe/acme"


async def send(
    client: httpx.AsyncClient, body: bytes, header: str | None = None, to: str = DOOR
) -> httpx.Response:
    signature = signed(body) if header is None else header
    return await client.post(to, content=body, headers={"Stripe-Signature": signature})


async def states() -> list[str]:
    rows: list[dict[str, Any]] = await InboxEvent.select(InboxEvent.state).order_by(InboxEvent.id)
    return [row["state"] for row in rows]


async def test_an_event_is_kept_and_the_worker_woken(client: httpx.AsyncClient, acme: str) -> None:
    with listening(WORK) as news:
        response = await send(client, body_of())

        assert await news.heard(0)
    assert response.status_code == 200
    (row,) = await InboxEvent.select()
    assert (row["company"], row["event_id"], row["object_id"]) == (acme, "evt_1", "sub_1")
    assert row["state"] == "new"


async def test_the_same_event_again_is_answered_alike_and_kept_once(
    client: httpx.AsyncClient,
) -> None:
    answers = [await send(client, body_of()) for _ in range(3)]

    assert {(answer.status_code, answer.content) for answer in answers} == {(200, b"Kept.")}
    assert await states() == ["new"]


@pytest.mark.parametrize("changes", [{"livemode": True}, {"account": "acct_mallory"}])
async def test_another_mode_or_account_is_kept_as_rejected(
    client: httpx.AsyncClient, changes: dict[str, Any]
) -> None:
    response = await send(client, body_of(**changes))

    assert response.status_code == 200
    assert await states() == ["rejected"]


async def test_a_type_we_never_heard_of_is_ignored(client: httpx.AsyncClient) -> None:
    response = await send(client, body_of(type="croissant.baked"))

    assert response.status_code == 200
    assert await states() == ["ignored"]


async def test_an_unknown_company_is_nobody(client: httpx.AsyncClient) -> None:
    for key in ("globex", "x" * 400, "%00", "acme%00"):
        assert (await send(client, body_of(), to=f"/webhooks/stripe/{key}")).status_code == 404

    assert await states() == []


async def test_a_body_of_more_than_512_kib_is_too_large(client: httpx.AsyncClient) -> None:
    body = body_of(padding="x" * LARGEST_BODY)

    assert (await send(client, body)).status_code == 413
    assert await states() == []


async def test_only_post_is_taken(client: httpx.AsyncClient) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH", "HEAD"):
        assert (await client.request(method, DOOR)).status_code == 405


async def test_a_refused_body_is_not_in_the_log(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    body = body_of(data={"object": {"id": "sub_1", "email": "ada@lovelace.example"}})

    with caplog.at_level(logging.DEBUG, logger="portal"):
        response = await send(client, body, header="t=1,v1=00")

    assert response.status_code == 400
    assert "ada@" not in caplog.text + response.text
    assert "acme" in caplog.text


async def test_what_nobody_signed_is_refused_and_the_log_says_so(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    response = await client.post(DOOR, content=body_of())

    assert response.status_code == 400
    assert "why=no signature" in caplog.text


async def test_the_old_secret_works_while_it_is_replaced_and_not_after(
    client: httpx.AsyncClient,
) -> None:
    old, new = body_of(id="evt_old"), body_of(id="evt_new")

    await set_secrets(["whsec_next", SECRET])
    assert (await send(client, old)).status_code == 200
    assert (await send(client, new, signed(new, "whsec_next"))).status_code == 200

    await set_secrets(["whsec_next"])
    assert (await send(client, old)).status_code == 400
    assert (await send(client, new, signed(new, "whsec_next"))).status_code == 200


async def set_secrets(secrets: list[str]) -> None:
    sealed = seal(json.dumps(secrets), "webhook_secrets")
    await Company.update({Company.webhook_secrets: sealed}, force=True)
    forget_endpoints()


async def test_stripe_listen_signs_with_the_secret_of_the_settings(
    client: httpx.AsyncClient,
) -> None:
    configure(stripe_webhook_secret="whsec_listen")
    await Company.update({Company.webhook_secrets: None}, force=True)
    body = body_of()

    assert (await send(client, body, signed(body, "whsec_listen"))).status_code == 200
    assert (await send(client, body)).status_code == 400


async def test_without_the_database_an_event_is_not_acknowledged(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await send(client, body_of(id="evt_before"))
    with monkeypatch.context() as gone:
        gone.setattr(current, "_open", HardenedPostgres("postgresql://127.0.0.1:9/none", 2))
        response = await send(client, body_of(id="evt_during"))

    assert response.status_code == 503
    assert response.headers["retry-after"]
    assert (await send(client, body_of(id="evt_during"))).status_code == 200
    assert await states() == ["new", "new"]


STRANGE_HEADERS = [b"", b"\xff\xfe", b"t=1", b"t=\xc3\xa9,v1=00", b"v1=" + b"0" * 64, b"," * 5000]
STRANGE_BODIES = [b"", b"null", b"[]", b"\xff\xff", b"{", b"0", b'{"id": "evt_2"}', b"[" * 50_000]
STRANGE_METHODS = ["POST"] * 9 + ["PUT"]
STRANGE_PLACES = [DOOR] * 9 + ["/webhooks/stripe/globex"]


def mutated(dice: random.Random) -> tuple[str, str, bytes, bytes]:
    """Change a good request somewhere, in a way that its signature no longer covers."""
    body = bytearray(body_of(id=f"evt_{dice.randrange(10**9)}"))
    header = bytearray(signed(bytes(body)).encode())
    kind = dice.randrange(6)
    if kind == 0:
        body[dice.randrange(len(body))] ^= dice.randrange(1, 256)
    elif kind == 1:
        header[dice.randrange(header.index(b"v1=") + 3, len(header))] ^= 1 << 6
    elif kind == 2:
        header = bytearray(dice.choice(STRANGE_HEADERS))
    elif kind == 3:
        strange = dice.choice(STRANGE_BODIES)
        body, header = bytearray(strange), bytearray(signed(strange).encode())
    elif kind == 4:
        header = bytearray(signed(bytes(body), ahead_s=dice.choice([-400, 400, 10**8])).encode())
    else:
        del body[dice.randrange(len(body)) :]
    return dice.choice(STRANGE_METHODS), dice.choice(STRANGE_PLACES), bytes(body), bytes(header)


async def test_two_thousand_wrong_requests_leave_nothing_and_break_nothing(
    client: httpx.AsyncClient,
) -> None:
    dice = random.Random(7)
    seen: set[int] = set()

    for _ in range(2000):
        method, place, body, header = mutated(dice)
        response = await client.request(
            method,
            place,
            content=body,
            headers={
                b"Stripe-Signature": header,
                b"Content-Type": dice.choice([b"application/json", b"\xff", b"text/plain"]),
            },
        )
        seen.add(response.status_code)

    assert seen == {400, 404, 405}
    assert await states() == []
