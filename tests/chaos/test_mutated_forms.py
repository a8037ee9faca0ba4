"""Ten thousand wrong forms: nothing breaks, and what was no valid form leaves nothing behind."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from piccolo.columns import Varchar

from portal.app import Portal
from portal.database import run_sql
from portal.pages import accept
from portal.piccolo_app import APP_CONFIG
from portal.sites.storefront import forget_sites
from tests.chaos.figures import Figures
from tests.chaos.mutated_forms import Sent, mutate, without_token
from tests.chaos.raw import Asked, ask
from tests.chaos.scale import dice, scaled
from tests.limits import lift_limits
from tests.onboarding.shop import Shop
from tests.pages.browsing import forms_of
from tests.pages.conftest import portal, shop
from tests.people import ADA

__all__ = ["portal", "shop"]

FORMS = scaled(200, 10_000)
ONE_IS_GOOD_OF = 25
FORMS_A_BROWSER = 20
_COOKIE = re.compile(r"[^=;]*flow=[^;]+")
_TRIAL_S = 14 * 24 * 3600


@dataclass
class Seen:
    """What was sent, answered and stored."""

    answers: Counter[int] = field(default_factory=Counter)
    broke: list[Sent] = field(default_factory=list)
    stored_wrongly: list[Sent] = field(default_factory=list)
    lost: list[Sent] = field(default_factory=list)


@pytest.fixture
async def door(shop: Shop, portal: Portal) -> AsyncIterator[Portal]:
    """The portal, without limits on how often an address signs up."""
    await lift_limits()
    forget_sites()
    yield portal
    forget_sites()


async def test_no_wrong_form_breaks_anything_or_is_stored(
    door: Portal, shop: Shop, figures: Figures
) -> None:
    seen = await send(door, FORMS, mutate)

    await shop.work_in_the_end()
    beyond = [wrong async for wrong in beyond_limits()]
    figures.add(
        f"{FORMS:,} mutated forms",
        mark="0 × 5xx, 0 stored wrongly",
        got=f"{len(seen.broke)} × 5xx, {len(seen.stored_wrongly) + len(beyond)} stored wrongly",
        met=not (seen.broke or seen.stored_wrongly or beyond or seen.lost),
    )
    assert seen.broke == []
    assert seen.stored_wrongly == []
    assert seen.lost == []
    assert beyond == []
    assert {200, 303, 400, 403, 422} <= seen.answers.keys()
    for subscription in await shop.stripe.objects("subscription"):
        trial_s = (subscription["trial_end"] or subscription["created"]) - subscription["created"]
        assert trial_s in (0, pytest.approx(_TRIAL_S, abs=60))


async def test_without_the_token_s_guard_stale_forms_are_stored(
    door: Portal, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accept, "is_our_token", lambda *given: True)

    seen = await send(door, 20, without_token)

    figures.add(
        "20 without a token, its guard off (control)",
        mark="some stored",
        got=f"{len(seen.stored_wrongly)} stored",
        met=bool(seen.stored_wrongly),
    )
    assert seen.stored_wrongly


async def send(door: Portal, forms: int, change: Callable[[Sent, Random], None]) -> Seen:
    """Send so many forms, most of them changed, one after another."""
    chance, seen, before = dice("forms"), Seen(), await _stored()
    for number in range(forms):
        if number % FORMS_A_BROWSER == 0:
            cookie, blank = await _open_form(door)
        filled = blank | ADA | {"email": f"ada{number}@lovelace.example"}
        sent = Sent(list(filled.items()), cookie)
        is_good = chance.randrange(ONE_IS_GOOD_OF) == 0
        if not is_good:
            change(sent, chance)
        answer = await ask(door, sent.asked())
        seen.answers[answer.status] += 1
        if answer.status >= 500:
            seen.broke.append(sent)
        after = await _stored()
        if after > before and sent.is_spoiled:
            seen.stored_wrongly.append(sent)
        if is_good and (answer.status != 303 or after != before + 1):
            seen.lost.append(sent)
        before = after
    return seen


async def beyond_limits() -> AsyncIterator[str]:
    """Name every stored text that is longer than its column, or holds what no one can see."""
    for table in APP_CONFIG.table_classes:
        texts = [column for column in table._meta.columns if isinstance(column, Varchar)]
        for row in await table.select():
            for column in texts:
                value = row[column._meta.name]
                if value and _is_beyond(value, column, is_typed=table.__name__ == "Customer"):
                    yield f"{table.__name__}.{column._meta.name}: {value[:40]!r}"


def _is_beyond(value: str, column: Varchar, *, is_typed: bool) -> bool:
    too_long = column.length is not None and len(value) > column.length
    return too_long or (is_typed and any(_hidden(value)))


def _hidden(value: str) -> Iterator[bool]:
    yield "\ufffd" in value
    yield from (unicodedata.category(sign) in ("Cc", "Cs", "Cn") for sign in value)


async def _open_form(door: Portal) -> tuple[bytes, dict[str, str]]:
    """Open the form in a new browser: give its cookie, and the form's fields."""
    page = await ask(door, Asked("GET", b"/signup?plan=studio", [(b"host", b"127.0.0.1:8000")]))
    assert page.status == 200
    cookie = _COOKIE.search(page.header(b"set-cookie"))
    assert cookie is not None
    (form,) = [form for form in forms_of(page.body.decode()) if "token" in form.fields]
    return cookie[0].encode(), form.fields


async def _stored() -> int:
    rows: list[dict[str, Any]] = await run_sql("SELECT COUNT(*) AS n FROM customer")
    return int(rows[0]["n"])
