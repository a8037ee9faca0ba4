from datetime import UTC, datetime, timedelta

import time_machine

from portal.access.flows import LASTS, end_flows, flows_of, grant_flow, made_by
from portal.access.tables import Flow
from portal.database import transaction
from tests.access.conftest import may_go_on

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def test_the_browser_that_made_a_customer_goes_on_for_half_an_hour(database: str) -> None:
    with time_machine.travel(NOON, tick=False):
        await grant_flow("onbo_1", "cust_ada", "b1")
    with time_machine.travel(NOON + LASTS - timedelta(microseconds=1), tick=False):
        assert await may_go_on("onbo_1", "b1")
    with time_machine.travel(NOON + LASTS, tick=False):
        assert not await may_go_on("onbo_1", "b1")


async def test_nobody_else_goes_on_with_it(database: str) -> None:
    await grant_flow("onbo_1", "cust_ada", "b1")
    await grant_flow("onbo_2", "cust_mallory", "mallory")

    assert not await may_go_on("onbo_1", "mallory")
    assert not await may_go_on("onbo_1", "")
    assert not await may_go_on("onbo_9", "b1")


async def test_a_second_grant_changes_neither_browser_nor_hour(database: str) -> None:
    with time_machine.travel(NOON, tick=False):
        await grant_flow("onbo_1", "cust_ada", "b1")
    with time_machine.travel(NOON + timedelta(minutes=20), tick=False):
        await grant_flow("onbo_1", "cust_ada", "mallory")
        await grant_flow("onbo_1", "cust_ada", "b1")
        assert not await may_go_on("onbo_1", "mallory")
    with time_machine.travel(NOON + LASTS, tick=False):
        assert not await may_go_on("onbo_1", "b1")


async def test_an_ended_flow_is_over_for_that_customer_only(database: str) -> None:
    await grant_flow("onbo_1", "cust_ada", "b1")
    await grant_flow("onbo_2", "cust_grace", "b1")

    await end_flows("cust_ada")

    assert not await may_go_on("onbo_1", "b1")
    assert [flow.customer for flow in await flows_of("b1")] == ["cust_grace"]


async def test_a_sign_up_that_fails_leaves_no_grant(database: str) -> None:
    class Broken(Exception):
        pass

    try:
        async with transaction():
            await grant_flow("onbo_1", "cust_ada", "b1")
            raise Broken
    except Broken:
        assert await Flow.count() == 0


async def test_who_made_a_customer_is_known_when_the_flow_is_over(database: str) -> None:
    await grant_flow("onbo_1", "cust_1", "b1")
    await end_flows("cust_1")

    assert await made_by("b1", "cust_1")
    assert not await made_by("b2", "cust_1")
    assert not await made_by("b1", "cust_2")
