"""Whether mail can reach a domain: R4 of the threat catalogue. No question leaves this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import dns.asyncresolver
import dns.resolver
import pytest
import time_machine

from portal import clock
from portal.customers import deliverable
from portal.customers.deliverable import forget_answers, is_deliverable
from portal.settings import configure
from tests.customers.dns_server import NameServer, name_server


@pytest.fixture
async def names(_our_settings: None) -> AsyncIterator[NameServer]:
    configure(check_email_dns=True)
    forget_answers()
    async with name_server() as server:
        yield server
    forget_answers()


@pytest.mark.parametrize(
    ("domain", "answer"),
    [
        ("mail.example", True),
        ("alias.example", True),
        ("old.example", True),
        ("six.example", True),
        ("half.example", True),
        ("slow.example", True),
        ("null.example", False),
        ("empty.example", False),
        ("nowhere.example", False),
    ],
)
async def test_dns_says_yes_or_no(names: NameServer, domain: str, answer: bool) -> None:
    assert await is_deliverable(domain, timeout_s=20.0, resolver=names.resolver) is answer


@pytest.mark.parametrize(
    "domain",
    [
        "broken.example",
        "closed.example",
        "unsure.example",
        "silent.example",
        "garbled.example",
        "forged.example",
        "a..b",
        "a" * 64 + ".example",
    ],
)
async def test_no_clear_answer_is_unknown(names: NameServer, domain: str) -> None:
    assert await is_deliverable(domain, timeout_s=0.3, resolver=names.resolver) is None


async def test_dead_dns_costs_no_more_than_the_budget(names: NameServer) -> None:
    # Left to itself, a resolver asks again and again for as long as 5 s.
    async with asyncio.timeout(4):
        answer = await is_deliverable("silent.example", timeout_s=0.2, resolver=names.resolver)

    assert answer is None


async def test_a_server_that_is_not_there_is_unknown(names: NameServer) -> None:
    async with name_server() as gone:
        resolver = gone.resolver

    assert await is_deliverable("mail.example", timeout_s=0.3, resolver=resolver) is None


async def test_a_machine_without_name_servers_is_unknown(
    names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_resolver() -> dns.asyncresolver.Resolver:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(deliverable, "_own_resolver", no_resolver)

    assert await is_deliverable("mail.example") is None


def test_our_own_resolver_leaves_time_for_a_second_server() -> None:
    resolver = deliverable._own_resolver()

    assert resolver.timeout < 1


async def test_a_yes_is_kept_for_an_hour_and_a_no_for_five_minutes(names: NameServer) -> None:
    async def asked_after(domain: str, passed: timedelta) -> bool:
        forget_answers()
        await is_deliverable(domain, resolver=names.resolver)
        before = len(names.asked)
        with time_machine.travel(clock.now() + passed, tick=False):
            await is_deliverable(domain, resolver=names.resolver)
        return len(names.asked) > before

    assert not await asked_after("mail.example", timedelta(minutes=59))
    assert await asked_after("mail.example", timedelta(minutes=61))
    assert not await asked_after("nowhere.example", timedelta(minutes=4))
    assert await asked_after("nowhere.example", timedelta(minutes=6))


async def test_an_unknown_is_not_kept(names: NameServer) -> None:
    for _ in range(2):
        await is_deliverable("unsure.example", timeout_s=0.3, resolver=names.resolver)

    assert names.asked.count("unsure.example. MX") == 2


async def test_what_is_kept_has_a_bound(names: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliverable, "_MOST_KEPT", 3)

    await asyncio.gather(
        *(is_deliverable(f"no{number}.example", resolver=names.resolver) for number in range(9))
    )

    assert len(deliverable._answers) == 3


async def test_with_the_check_off_nobody_is_asked(names: NameServer) -> None:
    configure(check_email_dns=False)

    assert await is_deliverable("nowhere.example", resolver=names.resolver) is None
    assert names.asked == []
