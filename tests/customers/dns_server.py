"""A name server on loopback with a behaviour for each domain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
from dns.asyncresolver import Resolver

MAIL = "10 mx.mail.example."

ZONE: dict[str, dict[str, list[str]]] = {
    "mail.example.": {"MX": [MAIL, "20 mx2.mail.example."]},
    "null.example.": {"MX": ["0 ."], "A": ["192.0.2.1"]},
    "old.example.": {"A": ["192.0.2.1"]},
    "six.example.": {"AAAA": ["2001:db8::1"]},
    "empty.example.": {},
    "alias.example.": {"CNAME": ["mail.example."]},
    "half.example.": {"A": ["SERVFAIL"], "AAAA": ["2001:db8::1"]},
    "unsure.example.": {"A": ["SERVFAIL"]},
    "slow.example.": {"MX": [MAIL]},
}
"""Domain to type to data; what is not here does not exist."""

CODES = {"broken.example.": dns.rcode.SERVFAIL, "closed.example.": dns.rcode.REFUSED}
SLOW_S = 0.1


class NameServer(asyncio.DatagramProtocol):
    """Answers from the zone; counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.resolver = Resolver(configure=False)
        self.transport: asyncio.DatagramTransport | None = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        name, kind = query.question[0].name.to_text(), query.question[0].rdtype
        self.asked.append(f"{name} {dns.rdatatype.to_text(kind)}")
        if name == "silent.example.":
            return
        answer = answer_to(query).to_wire()
        if name == "garbled.example.":
            answer = answer[:3] + b"\xff" * 9
        if name == "forged.example.":
            answer = bytes([answer[0] ^ 0xFF]) + answer[1:]
        assert self.transport is not None
        later = SLOW_S if name == "slow.example." else 0
        asyncio.get_running_loop().call_later(later, self.transport.sendto, answer, addr)


def answer_to(query: dns.message.Message) -> dns.message.Message:
    """Answer a question from the zone."""
    name = query.question[0].name.to_text()
    kind = dns.rdatatype.to_text(query.question[0].rdtype)
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    records = ZONE.get(name, {})
    if name in CODES or records.get(kind) == ["SERVFAIL"]:
        answer.set_rcode(CODES.get(name, dns.rcode.SERVFAIL))
    elif name not in ZONE:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif "CNAME" in records:
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", *records["CNAME"]))
        target = records["CNAME"][0]
        if data := ZONE[target].get(kind):
            answer.answer.append(dns.rrset.from_text(target, 60, "IN", kind, *data))
    elif data := records.get(kind):
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *data))
    return answer


@asynccontextmanager
async def name_server() -> AsyncIterator[NameServer]:
    """Serve on a free port of 127.0.0.1."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    server.transport = transport
    server.resolver.nameservers = ["127.0.0.1"]
    server.resolver.port = transport.get_extra_info("sockname")[1]
    try:
        yield server
    finally:
        transport.close()
