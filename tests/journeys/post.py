"""What a person's mails say."""

from __future__ import annotations

from tests.pages.mails import code_in, link_in, mail_to, mails, text_of

__all__ = ["code_for", "link_for", "mails", "text_of"]


async def link_for(address: str) -> str:
    """Wait for the newest sign-in mail to somebody and return the path of its link."""
    return link_in(await mail_to(address))


async def code_for(address: str) -> str:
    """Wait for the newest sign-in mail to somebody and return its code."""
    return code_in(await mail_to(address))
