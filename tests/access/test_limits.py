import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from portal.access.limits import (
    HOUR,
    Limit,
    RecentTries,
    after_one_more,
    allow,
    allow_all,
    network_of,
    never_more,
    wait_before,
)
from portal.access.tables import Rate

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
THREE_AN_HOUR = never_more(3, HOUR)


@given(
    count=st.integers(1, 30),
    waits=st.lists(st.floats(0, 4000, allow_nan=False), max_size=120),
)
def test_no_stretch_of_an_hour_ever_holds_more_than_promised(
    count: int, waits: list[float]
) -> None:
    limit, now, empty_at, taken = never_more(count, HOUR), 1e9, 0.0, []
    for wait in waits:
        now += wait
        if (filled := after_one_more(empty_at, now, limit)) is not None:
            empty_at = filled
            taken.append(now)

    for first in taken:
        assert sum(first <= at < first + HOUR - 1e-3 for at in taken) <= count


def test_a_plain_bucket_of_three_lets_more_through_in_an_hour() -> None:
    refilled_within_the_hour = Limit(per_s=HOUR / 3, burst=3)
    empty_at, taken = 0.0, 0
    for minute in range(60):
        filled = after_one_more(empty_at, 1e9 + 60 * minute, refilled_within_the_hour)
        if filled is not None:
            empty_at, taken = filled, taken + 1

    assert taken == 5


def test_a_full_bucket_takes_one_more_when_its_time_has_come() -> None:
    limit = Limit(per_s=10, burst=2)

    assert after_one_more(0, 1000, limit) == 1010
    assert after_one_more(1010, 1000, limit) == 1020
    assert after_one_more(1020, 1000, limit) is None
    assert after_one_more(1020, 1009.9, limit) is None
    assert after_one_more(1020, 1010, limit) == 1030


@pytest.mark.parametrize(
    "waits", [[0, 0, 0, 0, 3600, 0, 1, 3599], [0, 1800, 1800, 1800], [100.5, 7200.25, 0, 0, 0]]
)
async def test_the_database_counts_as_the_arithmetic_does(
    database: str, waits: list[float]
) -> None:
    at, empty_at = NOON, 0.0
    for wait in waits:
        at += timedelta(seconds=wait)
        filled = after_one_more(empty_at, at.timestamp(), THREE_AN_HOUR)
        empty_at = empty_at if filled is None else filled

        with time_machine.travel(at, tick=False):
            allowed = await allow("k", per_s=THREE_AN_HOUR.per_s, burst=THREE_AN_HOUR.burst)
        assert allowed == (filled is not None)


async def test_fifty_at_once_get_no_more_than_the_bucket_holds(database: str) -> None:
    answers = await asyncio.gather(*(allow("k", per_s=3600, burst=7) for _ in range(50)))

    assert sum(answers) == 7


async def test_buckets_do_not_share(database: str) -> None:
    assert await allow("mail:ada", per_s=3600, burst=1)
    assert not await allow("mail:ada", per_s=3600, burst=1)

    assert await allow("mail:grace", per_s=3600, burst=1)
    assert await allow("code:ada", per_s=3600, burst=1)


async def test_the_first_full_bucket_decides(database: str) -> None:
    limits = {"narrow": Limit(3600, 1), "wide": Limit(3600, 2)}

    assert await allow_all(limits)
    assert not await allow_all(limits)

    assert await allow("wide", per_s=3600, burst=2)


async def test_whoever_is_told_how_long_to_wait_goes_on_then_and_not_before(database: str) -> None:
    limits = {"k": THREE_AN_HOUR, "wide": never_more(100, HOUR)}
    with time_machine.travel(NOON, tick=False):
        waits = [await wait_before(limits) for _ in range(5)]
    wait = waits[-1]
    assert wait is not None
    assert waits == [None] * THREE_AN_HOUR.burst + [wait] * (5 - THREE_AN_HOUR.burst)

    with time_machine.travel(NOON + wait - timedelta(seconds=2), tick=False):
        assert await wait_before(limits) == timedelta(seconds=2)
    with time_machine.travel(NOON + wait, tick=False):
        assert await wait_before(limits) is None
        assert await wait_before(limits)


async def test_a_limit_of_nothing_lets_nothing_through(database: str) -> None:
    assert not await allow_all({"k": never_more(0, HOUR)})
    assert not RecentTries().allow("k", never_more(0, HOUR))


async def test_the_table_names_nobody(database: str) -> None:
    await allow("mail:hour:ada@example.com", per_s=1, burst=1)

    assert "ada" not in str(await Rate.select())


def test_tries_in_memory_are_counted_alike() -> None:
    tries, limit = RecentTries(), Limit(per_s=60, burst=2)
    with time_machine.travel(NOON, tick=False):
        assert [tries.allow("k", limit) for _ in range(3)] == [True, True, False]
        assert tries.allow("other", limit)
    with time_machine.travel(NOON + timedelta(minutes=1), tick=False):
        assert [tries.allow("k", limit) for _ in range(2)] == [True, False]


def test_a_flood_of_keys_forgets_the_emptiest_buckets_first() -> None:
    tries, limit = RecentTries(most=100), Limit(per_s=60, burst=2)
    with time_machine.travel(NOON, tick=False):
        assert [tries.allow("mallory", limit) for _ in range(3)] == [True, True, False]
        for number in range(1000):
            tries.allow(f"key {number}", limit)

        assert not tries.allow("mallory", limit)
        assert len(tries._empty_at) <= 100


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix:", "unix:"),
    ],
)
def test_a_household_shares_its_network(address: str, network: str) -> None:
    assert network_of(address) == network
