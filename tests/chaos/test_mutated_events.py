"""A hundred thousand wrong events: nothing breaks, and nothing forged leaves a row."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from portal.app import create_app
from portal.billing import stripe_events
from portal.billing.endpoints import forget_endpoints
from portal.database import run_sql
from portal.sealing import seal
from portal.settings import configure
from portal.sites.tables import Company
from portal.webhooks import stripe as door
from tests.billing.signing import SECRET
from tests.chaos.figures import Figures
from tests.chaos.mutated_events import mutate
from tests.chaos.raw import ask
from tests.chaos.scale import dice, scaled
from tests.chaos.sent_events import THEIRS, Sent, good
from tests.chaos.servers import serving
from tests.onboarding.shop import Shop

REQUESTS = scaled(1_000, 100_000)
ON_THE_WIRE = scaled(50, 2_000)
ONE_IS_GOOD_OF = 20
HANGS_UP_S = 0.2
MINUTES = 40


@pytest.fixture
async def two_companies(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    """Acme, whose door it is, and Globex with a secret of its own."""
    # A line for each refusal is right; a hundred thousand are not read.
    monkeypatch.setattr(door.log, "disabled", True)
    configure(stripe_webhook_secret=None)
    await Company.update({Company.webhook_secrets: _sealed(SECRET)}, force=True)
    now = (await Company.select(Company.created_at))[0]["created_at"]
    await Company.insert(
        Company(
            id="comp_2", key="globex", name="Globex", stripe_account="acct_2",
            webhook_secrets=_sealed(THEIRS), created_at=now,
        )
    )  # fmt: skip
    forget_endpoints()
    yield shop
    forget_endpoints()


@dataclass
class Seen:
    """What was sent and answered: events as (company, id)."""

    answers: Counter[int] = field(default_factory=Counter)
    broke: list[tuple[int, Sent]] = field(default_factory=list)
    good: set[tuple[str, str]] = field(default_factory=set)
    genuine: set[tuple[str, str]] = field(default_factory=set)

    def note(self, sent: Sent) -> None:
        """Note an event as genuine if it is."""
        if company := sent.kept_by:
            self.genuine.add((company, sent.event_id))

    async def forged(self) -> set[tuple[str, str]]:
        """Return what was kept though it is not Stripe's word to that company."""
        return await _kept() - self.genuine

    async def lost(self) -> set[tuple[str, str]]:
        """Return good events that were not kept."""
        return self.good - await _kept()


async def test_no_wrong_event_breaks_anything_or_is_kept(
    two_companies: Shop, figures: Figures
) -> None:
    seen = await send(REQUESTS)

    forged, lost = await seen.forged(), await seen.lost()
    figures.add(
        f"{REQUESTS:,} mutated webhook requests",
        mark="0 × 5xx, 0 forged rows",
        got=f"{len(seen.broke)} × 5xx, {len(forged)} forged rows",
        met=not seen.broke and not forged and not lost,
    )
    assert seen.broke == []
    assert forged == set()
    assert lost == set()
    assert len(seen.good) > REQUESTS // (ONE_IS_GOOD_OF * 2)
    assert {200, 400, 404, 405, 413} <= seen.answers.keys()


async def test_without_the_check_forged_ones_are_kept(
    two_companies: Shop, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_events, "_check", lambda *given: None)

    forged = await (await send(200)).forged()

    figures.add(
        "200 of them with the check off (control)",
        mark="forged rows",
        got=f"{len(forged)} forged rows",
        met=bool(forged),
    )
    assert forged


async def test_wrong_events_over_the_wire_leave_the_server_well(
    two_companies: Shop, figures: Figures
) -> None:
    chance, seen, answers = dice("wire"), Seen(), Counter[str]()
    async with serving() as url:
        for number in range(ON_THE_WIRE):
            sent = good(number)
            mutate(sent, chance)
            seen.note(sent)
            answers[await send_raw(url, sent)] += 1
        last = good(ON_THE_WIRE)
        seen.note(last)
        assert await send_raw(url, last) == "2"

    forged = await seen.forged()
    figures.add(
        f"{ON_THE_WIRE:,} of them over sockets",
        mark="0 × 5xx, 0 forged rows",
        got=f"{answers['5']} × 5xx, {len(forged)} forged rows",
        met=not answers["5"] and not forged,
    )
    assert answers["5"] == 0
    assert forged == set()


async def send(requests: int) -> Seen:
    """Send so many, most of them wrong, to the application."""
    app, chance, seen = create_app(), dice("events"), Seen()
    for number in range(requests):
        sent = good(number)
        if chance.randrange(ONE_IS_GOOD_OF):
            mutate(sent, chance)
        else:
            seen.good.add(("comp_1", sent.event_id))
        seen.note(sent)
        answer = await ask(app, sent.asked())
        seen.answers[answer.status] += 1
        if answer.status >= 500:
            seen.broke.append((answer.status, sent))
    return seen


async def send_raw(url: str, sent: Sent) -> str:
    """Write a request to a socket as it is; give its status's first digit, "" for no answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    asked = sent.asked()
    length = str(len(asked.body) + 10 * asked.breaks_off).encode()
    headers = {b"content-length": length, **dict(asked.headers)}
    is_short = asked.breaks_off or headers[b"content-length"] != length
    lines = [b"%s %s HTTP/1.1" % (asked.method.encode(), asked.path), b"host: 127.0.0.1"]
    lines += [b"%s: %s" % each for each in headers.items()]
    try:
        writer.write(b"\r\n".join([*lines, b"connection: close", b"", b""]) + asked.body)
        # Who promised more than there is would wait for ever: so we hang up.
        async with asyncio.timeout(HANGS_UP_S if is_short else 10):
            return (await reader.read()).decode("latin-1")[9:10]
    except (ConnectionError, TimeoutError):
        return ""
    finally:
        writer.close()


def _sealed(secret: str) -> str:
    return seal(json.dumps([secret]), "webhook_secrets")


async def _kept() -> set[tuple[str, str]]:
    rows: list[dict[str, Any]] = await run_sql("SELECT company, event_id FROM inbox_event")
    return {(row["company"], row["event_id"]) for row in rows}
