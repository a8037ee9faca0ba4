"""How many come first."""

from __future__ import annotations

import pytest

from portal.operations import line
from portal.operations.line import ahead_of
from tests.operations.owing import owe

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
