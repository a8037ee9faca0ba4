"""The same request many times at once, while Stripe fails: one effect, and one answer for all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from portal import clock
from portal.access.keys import create_key
from portal.app import Portal
from portal.database import run_sql
from portal.deliveries.endpoints import create_endpoint
from portal.plans.tables import Plan
from portal.web.programs import repeats
from tests.api.calling import calling
from tests.chaos import posts
from tests.chaos.effects import Done, done, until_held
from tests.chaos.figures import Figures
from tests.chaos.portals import portals
from tests.chaos.posts import Post, Programs, Told, programs
from tests.chaos.scale import SEED, databases, dice, scaled
from tests.chaos.tally import Tally, tally, until_done
from tests.chaos.test_crashes import ROUGH, ROUGH_READS
from tests.limits import lift_limits
from tests.onboarding.shop import Shop
from tests.pages.conftest import portal
from tests.pages.shelves import refreshed, sell_parts
from tests.reconciliation.conftest import Swept

CUSTOMERS, TIMES = scaled(3, 100), scaled(4, 20)
# Of each other kind of thing that is posted.
OTHERS, ENDPOINTS = scaled(1, 10), scaled(1, 4)
AT_ONCE = 12
KILLS, LIVES_S = scaled(0, 12), (1.0, 6.0)
DONE_WITHIN_S = 180.0
# What Stripe finishes late comes when all is counted, so that no double can pass for one of those.
_LATE_S = 3600
LATE = 0.2
"""Of customers without a card: a double that has one is told of, and not removed."""
_NO_LIMIT = 10**6
_NEVER = ("customer.deleted",)
_MISMATCH = (422, "idempotency_key_mismatch")
MISMATCHES: Mapping[str, tuple[int, str]] = {
    "003": (422, "unable_to_process_request"),
    "004": (400, "idempotency_error"),
}
"""By door, what another request of the same key is answered."""
# Of PostgreSQL tests/api/test_repeats.py has a small one.
ONE_WILL_DO = pytest.mark.parametrize("database_url", databases("sqlite"), indirect=True)

__all__ = ["portal"]


@ONE_WILL_DO
async def test_each_key_sent_many_times_at_once_has_one_effect_and_one_answer(
    shop: Shop, figures: Figures, tmp_path: Path
) -> None:
    known = await _open(shop)
    await _misbehave(shop)
    async with _asking(tmp_path, kills=KILLS, seed=SEED, lives_s=LIVES_S) as asking:
        told = await _post_all(asking, known)
        await until_done(DONE_WITHIN_S)
        others = {
            post: await asking.until_answered(post.otherwise()) for post in told if post.is_kept
        }
    await shop.stripe.mend()
    found = await done(shop, told)
    refused = sum(_is_refused(post, other) for post, other in others.items())
    swept = await _after_late_ones(shop)

    _tell(figures, found, asking.met)
    figures.add(
        "… when Stripe has made the customers it put off, after one sweep",
        mark="one of each, 0 orphans",
        got=str(swept),
        met=swept.is_right,
    )
    figures.add(
        "… and of another request under each key",
        mark="all refused",
        got=f"{refused} of {len(others)} refused",
        met=refused == len(others),
    )
    assert found.is_right, found
    assert swept.is_right, swept
    assert refused == len(others), others
    assert not await run_sql("SELECT id FROM answered WHERE state <> 'done'")


@ONE_WILL_DO
async def test_without_the_keys_there_are_doubles_and_other_answers(
    shop: Shop, figures: Figures, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the same requests, where nobody looks at their keys."""

    async def unnamed(*_: Any) -> None:
        """Find no key."""

    monkeypatch.setattr(repeats, "_named", unnamed)
    known, key = await _open(shop), await create_key("comp_1", per_minute=_NO_LIMIT)
    async with calling(portal, key.text) as program:
        made = _arriving(OTHERS, OTHERS) + posts.of_endpoints(known, 1)
        told = await Programs(program.http, TIMES).post(made, at_once=AT_ONCE)
    await shop.work_in_the_end()
    found = await done(shop, told)

    figures.add(
        f"{len(told)} of them with their keys ignored (control)",
        mark="doubles, other answers",
        got=str(found),
        met=bool(found.doubled and found.unequal),
    )
    assert found.doubled
    assert found.unequal


async def _open(shop: Shop) -> list[str]:
    """Sell what can be paused, changed and counted; return two webhook endpoints."""
    await lift_limits()
    await Plan.update({Plan.pausable: True, Plan.trial_days: 0}, force=True)
    await sell_parts(shop)
    site = (await refreshed(shop)).site
    at = [f"https://shop.example/known/{number}" for number in range(ENDPOINTS)]
    return [(await create_endpoint(site, url=url, types=_NEVER, actor="cli"))[0].id for url in at]


async def _misbehave(shop: Shop) -> None:
    late = {"match": "POST /v1/customers", "kind": "late", "delay": _LATE_S}
    for email in ("bee*", "stripe*"):
        await shop.stripe.fault(**late, email=email, probability=LATE, seed=-SEED)
    await shop.stripe.fault(match="POST /v1/*", kinds=ROUGH, seed=SEED)
    await shop.stripe.fault(match="GET /v1/*", kinds=ROUGH_READS, seed=SEED)


@asynccontextmanager
async def _asking(folder: Path, **order: Any) -> AsyncIterator[Programs]:
    """Start the portals, and programs that ask them with one key of ours."""
    key = await create_key("comp_1", per_minute=_NO_LIMIT)
    async with (
        portals(folder, places=2, **order) as running,
        programs(running.url, key.text) as http,
    ):
        yield Programs(http, TIMES)
        if order.get("kills"):
            await running.until("last_kill_at", within_s=DONE_WITHIN_S)


def _arriving(with_plans: int, others: int) -> list[Post]:
    arriving = posts.customers(with_plans) + posts.at_other_doors(others)
    dice("arriving").shuffle(arriving)
    return arriving


async def _post_all(asking: Programs, known: Sequence[str]) -> dict[Post, list[Told]]:
    """Post all there is: who shall be there, and then what is done with them."""
    told = await asking.post(_arriving(CUSTOMERS, OTHERS), at_once=AT_ONCE)
    running = await until_held([post.about for post in posts.customers(CUSTOMERS)], DONE_WITHIN_S)
    acting = [
        *posts.of_plans(running, OTHERS),
        *posts.of_use(running, clock.now().isoformat(), OTHERS),
        *posts.of_endpoints(known, ENDPOINTS),
    ]
    dice("acting").shuffle(acting)
    return told | await asking.post(acting, at_once=AT_ONCE)


def _is_refused(post: Post, other: Told) -> bool:
    """Tell whether another request of this key was refused in the words of its door."""
    said = json.loads(other.body)
    code = said.get("code") or said.get("api_error_code") or said.get("error", {}).get("type")
    return (other.status, code) == MISMATCHES.get(post.kind, _MISMATCH)


async def _after_late_ones(shop: Shop) -> Tally:
    """Have Stripe finish what it put off, and sweep up after it."""
    await shop.stripe.control("POST", "/clock", {"advance": _LATE_S + 60})
    await Swept(shop).sweep()
    return await tally(shop, [post.about for post in posts.customers(CUSTOMERS)])


def _tell(figures: Figures, found: Done, met: Counter[str]) -> None:
    figures.add(
        f"{found.posts} keys, each sent {TIMES} × at once, 2 processes, {KILLS} × kill -9,"
        " 30 % faults at Stripe",
        mark="one effect, one answer each",
        got=str(found),
        met=found.is_right,
    )
    figures.add(
        "… told meanwhile to ask again, or nothing",
        mark="none",
        got=", ".join(f"{n} × {what}" for what, n in sorted(met.items())),
        met=True,
    )
