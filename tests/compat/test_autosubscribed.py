"""Door 002: who was subscribed is told with what they hold, changed, ended, counted."""

from __future__ import annotations

import time
from typing import Any

from portal.compat.autosubscribe_models import Changed, Found, Totals, Used
from tests.api.calling import Program
from tests.api.test_subscriptions import as_described
from tests.compat.test_autosubscribe import HERE, ONE, ONKAR
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.shelves import refreshed, sell_parts


@ON_SQLITE
async def test_a_customer_is_told_with_the_subscription(market: Shop, program: Program) -> None:
    made = (await program.post(HERE, ONKAR)).json()["value"]
    await market.work_in_the_end()

    by_theirs = as_described(await program.get(ONE), Found)["value"]
    by_ours = as_described(await program.get(f"{HERE}/{made['tsid']}"), Found)["value"]
    nobody = await program.get(f"{HERE}/CUS-NOBODY")

    assert by_theirs == by_ours
    assert made.items() <= by_theirs.items()
    assert by_theirs["subscription"]["subscription_tsid"].startswith("sub_")
    assert nobody.status_code == 404


@ON_SQLITE
async def test_a_subscription_is_changed_and_cancelled(market: Shop, program: Program) -> None:
    await sell_parts(await refreshed(market))
    await program.post(HERE, ONKAR)
    await market.work_in_the_end()

    wanted = {"plan_id": "house", "quantity": 3}
    changed = await program.http.put(f"{ONE}/subscription", json=wanted)
    dated = await program.http.put(f"{ONE}/subscription", json={"end_date": 1742797511000})
    other = await program.post(f"{ONE}/cancel_subscription", {"subscription_tsid": "sub_other"})
    ending = await program.post(f"{ONE}/cancel_subscription", {"when": "END_OF_CYCLE"})
    over = await program.post(f"{ONE}/cancel_subscription", {"when": "IMMEDIATE"})

    value = as_described(changed, Changed)["value"]
    assert (value["plan_id"], value["quantity"]) == ("house", 3)
    assert (dated.status_code, dated.json()["error"]["code"]) == (422, "end_date_refused")
    assert other.status_code == 404
    assert as_described(ending, Changed)["value"]["ends_at"] is not None
    assert as_described(over, Changed)["value"]["status"] == "CANCELLED"


@ON_SQLITE
async def test_usage_is_sent_once_and_told(market: Shop, program: Program) -> None:
    await sell_parts(await refreshed(market))
    await program.post(HERE, ONKAR | {"plan_id": "house"})
    await market.work_in_the_end()
    reading: dict[str, Any] = {
        "timestamp": int(time.time() * 1000), "meter_id": "calls", "qty": 26,
    }  # fmt: skip

    sent = await program.post(f"{ONE}/usage", [reading])
    again = await program.post(f"{ONE}/usage", [reading, reading | {"meter_id": "steps"}])
    await market.work_in_the_end()
    await market.stripe.control("POST", "/clock", {"advance": 60})
    totals = as_described(await program.get(f"{ONE}/usage"), Totals)["value"]

    assert sent.status_code == 202
    assert [one["state"] for one in as_described(sent, Used)["value"]] == ["taken"]
    assert [one["problem"] for one in as_described(again, Used)["value"]] == [None, "meter_unknown"]
    assert [(total["meter_id"], total["qty"]) for total in totals] == [("calls", "26")]
