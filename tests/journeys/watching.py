"""Browsers whose every complaint is heard: a journey passes only in silence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page

# Chromium writes a line for a form that comes back with its mistakes named: that is no mistake.
EXPECTED = ("status of 422",)


@dataclass
class Browsers:
    """Opens browsers that know nothing of each other, at one portal."""

    chromium: Browser
    url: str
    expected: list[str] = field(default_factory=lambda: list(EXPECTED))
    complaints: list[str] = field(default_factory=list)
    _open: list[BrowserContext] = field(default_factory=list)

    async def __call__(self, **looks: Any) -> Page:
        """Open a browser and return its tab."""
        wanted = {"locale": "en-GB", "timezone_id": "Europe/London", "base_url": self.url} | looks
        context = await self.chromium.new_context(**wanted)
        context.set_default_timeout(30_000)
        self._open.append(context)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(f"error: {error.error}"))
        context.on("dialog", self._refuse)
        return await context.new_page()

    def expect(self, *said: str) -> None:
        """Let the console say this, such as the status of a page that is meant to fail."""
        self.expected.extend(said)

    def _hear(self, message: ConsoleMessage) -> None:
        is_bad = message.type in ("error", "warning")
        if is_bad and not any(said in message.text for said in self.expected):
            self.complaints.append(f"{message.type}: {message.text} at {message.location['url']}")

    async def _refuse(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    async def close(self) -> None:
        """Close all of them."""
        for context in self._open:
            await context.close()


@asynccontextmanager
async def watched(chromium: Browser, url: str) -> AsyncIterator[Browsers]:
    """Give browsers, and fail at the end if one of them complained."""
    browsers = Browsers(chromium, url)
    try:
        yield browsers
    finally:
        await browsers.close()
    if browsers.complaints:
        raise AssertionError("\n".join(browsers.complaints))
