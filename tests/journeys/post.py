"""What a person's mails say."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from tests.pages.mails import code_in, link_in, mail_to, mails, text_of

__all__ = ["code_for", "link_for", "links_to", "mails", "text_of"]


def links_to(address: str) -> set[str]:
    """Return the paths of all sign-in links that somebody was mailed so far."""
    texts = [text_of(mail) for mail in mails() if address in str(mail["to"])]
    return {link_in(text) for text in texts if "/signin/link/" in text}


async def link_for(address: str, *, but: Collection[str] = ()) -> str:
    """Wait for the newest sign-in mail to somebody and return the path of its link.

    but: links of earlier mails; the newest is none of them.
    """
    for _ in range(1200):
        link = link_in(await mail_to(address))
        if link not in but:
            return link
        await asyncio.sleep(0.025)
    raise AssertionError(f"No further sign-in mail came to {address}.")


async def code_for(address: str) -> str:
    """Wait for the newest sign-in mail to somebody and return its code."""
    return code_in(await mail_to(address))
