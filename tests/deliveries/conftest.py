"""A storefront without a database, a mail, and real mail servers on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from portal.deliveries.letter import Envelope, Rendered, compose

WRITTEN_AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Inbox:
    """Keeps what a mail server took, and answers each command as it is told to."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.taken: list[Any] = []
        self.began = 0

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if answer := self.answers.get("rcpt"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        self.began += 1
        answer = self.answers.get("data", "250 OK")
        if answer == "hang up":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        if answer.startswith("250"):
            self.taken.append(envelope)
        return answer


@asynccontextmanager
async def mail_server(inbox: Inbox, **options: Any) -> AsyncIterator[str]:
    """Serve SMTP on a free port of loopback; gives host:port."""
    loop = asyncio.get_running_loop()
    tls = options.pop("tls", None)
    connections: list[SMTP] = []

    def answer() -> SMTP:
        connections.append(SMTP(inbox, hostname="mail.test", loop=loop, **options))
        return connections[-1]

    server = await loop.create_server(answer, "127.0.0.1", 0, ssl=tls)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for connection in connections:
            if connection.transport:
                connection.transport.close()
        await server.wait_closed()
        await asyncio.sleep(0)


@pytest.fixture
def letter() -> EmailMessage:
    return a_letter()


def a_letter(**changes: Any) -> EmailMessage:
    """Write to Ada, but for these changes to words and envelope."""
    words = {"subject": "Sign in", "text": "Hello Ada\n", "html": "<p>Hello Ada</p>"}
    envelope = {
        "to": "ada@example.com",
        "sender": "Portal <portal@acme.example>",
        "sender_name": "Acme Tea",
        "reply_to": "help@acme.example",
        "message_id": "op_1@portal.example",
        "written_at": WRITTEN_AT,
        "language": "en",
    }
    rendered = Rendered(**{name: changes.pop(name, text) for name, text in words.items()})
    return compose(rendered, Envelope(**(envelope | changes)))  # type: ignore[arg-type]
