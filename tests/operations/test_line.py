"""How many come first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.database import run_sql
from portal.operations import line, save
from portal.operations.line import ahead_of
from tests.operations.owing import claim_all, owe

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _look_anew() -> None:
    line._LINES.clear()


async def test_everybody_is_told_how_many_come_first() -> None:
    for who in ("ada", "grace"):
        for _ in range(2):
            await owe(f"stripe:{who}", subject=f"onbo_{who}")
    await owe(None, subject="onbo_mail")
    await owe("stripe:other", subject="onbo_other", company="comp_2")

    assert await ahead_of("comp_1", "onbo_ada") == 1
    assert await ahead_of("comp_1", "onbo_grace") == 3
    assert await ahead_of("comp_1", "onbo_nobody") == 0
    assert await ahead_of("comp_2", "onbo_other") == 0


async def test_thousands_who_ask_cost_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    await owe("stripe:ada", subject="onbo_ada")
    looked, looking = [], line._places

    async def count(company: str) -> dict[str | None, int]:
        looked.append(company)
        return await looking(company)

    monkeypatch.setattr(line, "_places", count)
    for _ in range(1000):
        await ahead_of("comp_1", "onbo_ada")

    assert len(looked) == 1


@pytest.mark.parametrize(("ago_s", "told"), [(1.5, 0), (2.5, 1)])
async def test_after_two_seconds_the_line_is_looked_at_anew(ago_s: float, told: int) -> None:
    await owe("stripe:grace", subject="onbo_grace")
    assert await ahead_of("comp_1", "onbo_ada") == 0
    await owe("stripe:ada", subject="onbo_ada")

    seen = line._LINES["comp_1"]
    line._LINES["comp_1"] = replace(seen, seen_at=seen.seen_at - ago_s)

    assert await ahead_of("comp_1", "onbo_ada") == told


async def test_only_what_still_waits_at_stripe_comes_first() -> None:
    for lane in ("stripe:done", "stripe:refused", "mail:grace", "stripe:ada"):
        await owe(lane, subject=f"onbo_{lane}")
    done, refused = [op for op in await claim_all() if op.lane in ("stripe:done", "stripe:refused")]
    await save.finish(done, None)
    await save.refuse(refused, "no", "No.")

    assert await ahead_of("comp_1", "onbo_stripe:ada") == 0
    assert (await run_sql("SELECT COUNT(*) AS n FROM operation"))[0]["n"] == 4
