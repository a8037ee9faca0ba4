"""One POST to an address that a stranger named: only to the internet, and never for long."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime
from ipaddress import IPv4Network

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from portal import clock
from portal.deliveries import guard
from portal.deliveries import names as names_module
from portal.deliveries import wire as wire_module
from portal.deliveries.names import Names
from portal.deliveries.wire import Answer, Wire
from portal.settings import configure
from tests.customers.dns_server import name_server
from tests.deliveries.receiver import Receiver, receiving

WITHIN_S = 10.0


class MallorysNames(AbstractResolver):
    """A name server of Mallory's: each question has the next answer, the last one for ever."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def posted(url: str, names: AbstractResolver | None = None) -> Answer:
    wire = Wire(names)
    try:
        return await wire.post(url, '{"a":"ë"}', {"webhook-id": "msg_1"})
    finally:
        await wire.close()


def by_name(receiver: Receiver) -> str:
    return receiver.url.replace("127.0.0.1", "shop.example")


async def test_what_is_sent_arrives_as_it_was_signed(receiver: Receiver) -> None:
    configure(webhook_private_hosts="127.0.0.1")

    answer = await posted(receiver.url)

    assert answer.is_taken
    (taken,) = receiver.taken
    assert taken.body == '{"a":"ë"}'
    assert taken.headers["webhook-id"] == "msg_1"
    assert taken.headers["content-type"] == "application/json"
    assert "cookie" not in taken.headers


async def test_a_private_address_in_the_url_is_not_connected_to(receiver: Receiver) -> None:
    answer = await posted(receiver.url)

    assert answer == Answer(None, answer.took_ms, "private_address")
    assert receiver.taken == []


async def test_a_name_that_leads_to_a_private_address_is_not_connected_to(
    receiver: Receiver,
) -> None:
    answer = await posted(by_name(receiver), MallorysNames("127.0.0.1"))

    assert answer.said == "private_address"
    assert receiver.taken == []

    # The control: nothing but the guard was in the way.
    configure(webhook_private_hosts="shop.example")
    assert (await posted(by_name(receiver), MallorysNames("127.0.0.1"))).is_taken


async def test_a_name_that_leads_elsewhere_the_second_time_is_looked_at_again(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """127.0.0.2 stands for a public address, and for what is behind it, too."""
    blocks = [block for block in guard._NOT_PUBLIC_4 if block != IPv4Network("127.0.0.0/8")]
    monkeypatch.setattr(guard, "_NOT_PUBLIC_4", (*blocks, IPv4Network("127.0.0.1/32")))
    names = MallorysNames("127.0.0.2", "127.0.0.1")
    port = int(receiver.url.rpartition(":")[2].partition("/")[0])
    seen: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append((await reader.readline()).decode())
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()

    public = await asyncio.start_server(answer, "127.0.0.2", port)
    wire = Wire(names)
    try:
        first = await wire.post(by_name(receiver), "{}", {})
        second = await wire.post(by_name(receiver), "{}", {})
    finally:
        await wire.close()
        public.close()

    assert first.is_taken
    assert len(seen) == 1
    assert second.said == "private_address"
    assert (names.asked, receiver.taken) == (2, [])


async def test_a_redirect_is_followed_nowhere(receiver: Receiver) -> None:
    configure(webhook_private_hosts="127.0.0.1")
    async with receiving(status=307, headers={"location": receiver.url}) as mallory:
        answer = await posted(mallory.url)

        assert (answer.status, answer.said) == (307, "redirect_refused")
        assert len(mallory.taken) == 1
        assert receiver.taken == []

        # The control: whoever follows it arrives.
        async with aiohttp.ClientSession() as session, session.post(mallory.url, data="{}"):
            assert len(receiver.taken) == 1


async def test_who_does_not_answer_uses_up_our_patience_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire_module, "PATIENCE_S", 0.2)
    configure(webhook_private_hosts="127.0.0.1")
    async with receiving() as receiver:
        receiver.is_open.clear()
        async with asyncio.timeout(WITHIN_S):
            answer = await posted(receiver.url)

    assert answer.said == "timed_out"
    assert answer.is_late


async def test_a_status_counts_though_its_words_never_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire_module, "_WORDS_S", 0.1)
    configure(webhook_private_hosts="127.0.0.1")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with asyncio.timeout(WITHIN_S):
        found = await posted(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    server.close()

    assert found.is_taken
    assert found.said == ""


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (b"no\x00thing\r\nhere", "no thing here"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (1000 * b"a ", (100 * "a ")),
        (b"ask ada@example.com, whsec_c2VjcmV0", "ask a…@example.com, whsec_…"),
        (gzip.compress(10**6 * b"a", mtime=0)[:8], None),
    ],
)
async def test_of_an_answer_a_legible_beginning_is_kept(words: bytes, kept: str | None) -> None:
    configure(webhook_private_hosts="127.0.0.1")
    async with receiving(status=500, words=words) as receiver:
        answer = await posted(receiver.url)

    assert answer.status == 500
    assert not answer.is_taken
    assert len(answer.said) <= 200
    assert answer.said.isprintable()
    if kept is not None:
        assert answer.said == kept


async def test_how_long_to_wait_is_read_from_seconds_and_from_dates() -> None:
    configure(webhook_private_hosts="127.0.0.1")
    date = format_datetime(clock.now() + timedelta(seconds=90), usegmt=True)
    found = []
    for told in ("30", date, "soon"):
        async with receiving(status=503, headers={"retry-after": told}) as receiver:
            found.append((await posted(receiver.url)).retry_after_s)

    assert found[0] == 30
    assert 80 < found[1] <= 90
    assert found[2] == 0


async def test_each_way_of_not_answering_has_its_word(receiver: Receiver) -> None:
    configure(webhook_private_hosts="127.0.0.1,nowhere.invalid")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        refused = await posted(closed)
    plain = await posted(receiver.url.replace("http://", "https://"))

    assert refused.said == "unreachable"
    assert plain.said == "tls_failed"


@pytest.mark.parametrize(
    ("name", "addresses"),
    [
        ("old.example", ["192.0.2.1"]),
        ("half.example", ["2001:db8::1"]),
        *[(name, None) for name in ("nowhere.example", "empty.example", "silent.example", "a..b")],
    ],
)
async def test_names_are_asked_of_dns_without_a_thread(
    name: str, addresses: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names_module, "PATIENCE_S", 0.3)
    async with name_server() as server:
        names = Names(server.resolver)
        if addresses is None:
            with pytest.raises(OSError, match="name_unknown"):
                await names.resolve(name, 443)
        else:
            assert [found["host"] for found in await names.resolve(name, 443)] == addresses
        answer = await posted(f"https://{name}/", names)

    assert answer.said == ("private_address" if addresses else answer.said)
    assert not answer.is_taken
