"""A crowd that signs up and does not give up: whoever was not acknowledged presses again."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp

from tests.chaos.browsers import Browser

ACKNOWLEDGED = ("billing portal", "/signup/status", "/welcome")
_AGAIN_S = 0.1
_PATIENCE_S = 60.0


@dataclass
class Crowd:
    """People, each with an e-mail address and a browser, and what became of their tries."""

    people: int
    at_once: int = 20
    name: str = "ada"
    answers: Counter[str] = field(default_factory=Counter)
    acknowledged: dict[str, float] = field(default_factory=dict)
    """By e-mail address, when."""
    took_s: list[float] = field(default_factory=list)
    """How long each answered POST of the form took."""
    refused: dict[str, str] = field(default_factory=dict)
    """By e-mail address, the page that answered a sign-up with an error."""

    @property
    def emails(self) -> list[str]:
        """Return everybody's address."""
        return [f"{self.name}{number}@lovelace.example" for number in range(self.people)]

    async def come(self, urls: Sequence[str], *, spread_s: float = 0.0) -> None:
        """Have everybody sign up, some at once, or spread over the time."""
        places = asyncio.Semaphore(self.people if spread_s else self.at_once)
        async with aiohttp.ClientSession(
            # Each request comes to whichever process is there.
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=_PATIENCE_S),
        ) as http:

            async def come_in_turn(number: int, email: str) -> None:
                await asyncio.sleep(spread_s * number / self.people)
                async with places:
                    browser = Browser(http, urls[number % len(urls)], email=email)
                    await self._sign_up(browser, email)

            await asyncio.gather(*(come_in_turn(*each) for each in enumerate(self.emails)))

    async def _sign_up(self, browser: Browser, email: str) -> None:
        has_form = False
        while email not in self.acknowledged:
            began = time.monotonic()
            try:
                if not has_form:
                    answer = await browser.read_form()
                    has_form = answer == "200"
                    self.answers[f"form {answer}"] += 1
                else:
                    answer = await browser.submit()
                    self._note(email, answer, browser.page, time.monotonic() - began)
            except (aiohttp.ClientError, TimeoutError):
                self.answers["broken off"] += 1
                answer = ""
            if answer not in ("200", *ACKNOWLEDGED):
                await asyncio.sleep(_AGAIN_S)

    def _note(self, email: str, answer: str, page: str, took_s: float) -> None:
        self.answers[answer] += 1
        self.took_s.append(took_s)
        if answer in ACKNOWLEDGED:
            self.acknowledged[email] = time.time()
        else:
            self.refused[email] = page

    @property
    def errors(self) -> int:
        """Count the answers that were a 5xx."""
        return sum(n for told, n in self.answers.items() if told.split()[-1].startswith("5"))


def p95(times: Sequence[float]) -> float:
    """Return what 95 of 100 stay below."""
    return sorted(times)[int(len(times) * 0.95)] if times else 0.0
