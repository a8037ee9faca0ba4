"""The mails that the worker sent, as the folder of the test keeps them."""

from __future__ import annotations

import asyncio
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from portal.settings import settings


def mails() -> list[EmailMessage]:
    """Return every mail sent so far, oldest first."""
    folder = Path((settings().mail_url or "").removeprefix("file://"))
    files = sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


async def mail_to(address: str, *, about: str = "/signin/link/") -> str:
    """Wait for the newest mail to somebody that holds this text, and return what it says."""
    for _ in range(1200):
        for mail in reversed(mails()):
            text = text_of(mail)
            if address in str(mail["to"]) and about in text:
                return text
        await asyncio.sleep(0.025)
    raise AssertionError(f"No mail about {about} came to {address}.")


async def another_mail_to(address: str, *, about: str) -> str:
    """Wait for a second mail to somebody that holds this text, and return what it says."""
    for _ in range(1200):
        texts = [text_of(mail) for mail in mails() if address in str(mail["to"])]
        told = [text for text in texts if about in text]
        if len(told) > 1:
            return told[-1]
        await asyncio.sleep(0.025)
    raise AssertionError(f"No second mail about {about} came to {address}.")


def text_of(mail: EmailMessage) -> str:
    """Return the text of a mail."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def link_in(text: str) -> str:
    """Return the path of the sign-in link in a mail."""
    found = re.search(r"/signin/link/[\w-]+", text)
    assert found
    return found[0]


def code_in(text: str) -> str:
    """Return the code in a mail."""
    found = re.search(r"\b\d{4}[\s\u00a0-]?\d{4}\b", text)
    assert found
    return found[0]
