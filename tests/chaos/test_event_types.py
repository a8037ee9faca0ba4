"""Events of every type there is, and of some there will be: answered, ignored, nothing kept."""

from __future__ import annotations

import re
from collections import Counter

import httpx
import pytest
from stripe.params import WebhookEndpointCreateParams

from portal.billing import stripe_events
from portal.database import run_sql
from tests.billing.signing import body_of, signed
from tests.chaos.figures import Figures
from tests.webhooks.conftest import acme, client

__all__ = ["acme", "client"]

DOOR = "/webhooks/stripe/acme"
CARD = "4242424242424242"
NEXT_YEAR = [
    f"{thing}.{what}" for thing in ("croissant", "tax.oracle") for what in ("baked", "x_1")
]


def every_type() -> list[str]:
    """Return what the SDK knows that an endpoint may listen to, but for `*`, all of them."""
    named = str(WebhookEndpointCreateParams.__annotations__["enabled_events"])
    return [*re.findall(r"'([a-z0-9_.]+)'", named), *NEXT_YEAR]


async def test_every_type_is_answered_and_nothing_of_what_it_says_is_kept(
    client: httpx.AsyncClient, figures: Figures
) -> None:
    types = every_type()
    answers = Counter([await _send(client, number, type) for number, type in enumerate(types)])

    kept = await run_sql("SELECT * FROM inbox_event")
    states = Counter(row["state"] for row in kept)
    said = [row for row in kept if CARD in str(row) or "next year" in str(row)]
    figures.add(
        f"events of {len(types)} types with fields of next year",
        mark="all 200, nothing of their payload kept",
        got=f"{answers[200]} × 200, {len(said)} kept; {states['ignored']} ignored",
        met=answers == {200: len(types)} and not said,
    )
    assert len(types) > 200
    assert answers == {200: len(types)}
    assert said == []
    assert states.keys() == {"new", "ignored"}
    assert {row["state"] for row in kept if row["type"] in NEXT_YEAR} == {"ignored"}


async def test_a_door_that_keeps_what_an_event_says_would_be_seen(
    client: httpx.AsyncClient, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    monkeypatch.setattr(stripe_events, "sha256", _Whole)

    await _send(client, 1, "customer.updated")

    said = [row for row in await run_sql("SELECT * FROM inbox_event") if CARD in str(row)]
    figures.add(
        "one whose payload is kept (control)", mark="seen", got=f"{len(said)} seen", met=bool(said)
    )
    assert len(said) == 1


class _Whole:
    """A fingerprint that is a piece of what it was taken of."""

    def __init__(self, payload: bytes) -> None:
        self._text = payload.decode()

    def hexdigest(self) -> str:
        at = self._text.index(CARD)
        return self._text[at : at + 64]


async def _send(client: httpx.AsyncClient, number: int, type: str) -> int:
    about = {"id": f"obj_{number}", "object": type.rpartition(".")[0], "customer": "cus_1"}
    body = body_of(
        id=f"evt_{number}",
        type=type,
        of_next_year={"next year": [1, None, {}]},
        data={"object": about | {"number": CARD}, "previous_attributes": {"next year": CARD}},
    )
    headers = {"Stripe-Signature": signed(body)}
    return (await client.post(DOOR, content=body, headers=headers)).status_code
