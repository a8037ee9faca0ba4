"""What opens every link of a mail and runs its scripts neither spends a link nor gets a code."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest
from playwright.async_api import Browser

from portal.database import run_sql
from tests.databases import ON_SQLITE
from tests.journeys.shop import Shop, open_shop
from tests.journeys.truth import until_our_copy
from tests.local_stripe import LocalStripe
from tests.pages.browsing import Visitor
from tests.pages.mails import code_in, mail_to
from tests.pages.signing_in import sign_in
from tests.people import ADA, GRACE

ROUNDS = 25
BILLS, NEWEST = "ada@bills.example", "ada@byron.example"

# Whatever a page does by itself until all of it is there is done; then the next one is opened.
# Told in the end: how often each link was opened, under which heading, and what held a secret.
SCAN = """([links, secrets, rounds]) => addEventListener('load', () => {
    const kept = JSON.parse(sessionStorage.scanned ?? '{"opened": {}, "leaks": []}');
    if (location.search === '?scanned') return;
    const seen = `${location.pathname} ${document.querySelector('h1').textContent.trim()}`;
    kept.opened[seen] = (kept.opened[seen] ?? 0) + 1;
    const said = document.documentElement.outerHTML.replace(/[\\s\\u00a0-]/g, '');
    kept.leaks.push(...secrets.filter((secret) => said.includes(secret)));
    sessionStorage.scanned = JSON.stringify(kept);
    const times = Object.values(kept.opened).reduce((sum, each) => sum + each);
    if (times < links.length * rounds) location.replace(links[times % links.length]);
    else location.replace('/?scanned');
})"""


@pytest.fixture
async def shop(database: str, sandbox: LocalStripe) -> AsyncIterator[Shop]:
    """A portal that browsers can reach."""
    async with open_shop(sandbox) as opened:
        yield opened


@asynccontextmanager
async def visiting(shop: Shop) -> AsyncIterator[Visitor]:
    """Open a browser without scripts."""
    ours = {"accept": "text/html", "sec-fetch-site": "same-origin"}
    client = httpx.AsyncClient(base_url=shop.url, headers=ours, timeout=60, verify=False)
    async with client as http:
        yield Visitor(http)


async def link_to(address: str, path: str) -> str:
    """Wait for a mail to somebody with a link of this kind, and return its path."""
    found = re.search(path + r"[\w-]+", await mail_to(address, about=path))
    assert found
    return found[0]


async def takes_another_address(ada: Visitor, address: str) -> str:
    """Ask for another address to sign in with; return the link that confirms it."""
    await ada.send("/account/email", await ada.fill("/account/email", {"email": address}))
    return await link_to(address, "/email/confirm/")


async def links_for(ada: Visitor, other: Visitor) -> dict[str, str]:
    """Have a mail with a link of each kind sent; return the links, by the heading of their page."""
    await ada.sign_up(ADA)
    await until_our_copy("subscription", status="trialing")
    await sign_in(ada)
    await ada.press(await ada.open(await takes_another_address(ada, BILLS)), "")
    left = {"email": GRACE["email"], "city": "Washington", "later": "yes"}
    await other.send("/signup", await other.fill("/signup?plan=house", left))
    declared = {"name": "Ada Lovelace", "email": BILLS}
    ending = "/contracts/cancel"
    await other.send(ending, await other.fill(ending, declared))
    await other.send("/signin", await other.fill("/signin", {"email": BILLS}))
    return {
        "Sign in to Fernhill Press": await link_to(BILLS, "/signin/link/"),
        "Continue your sign-up": await link_to(GRACE["email"], "/signup/resume/"),
        "Cancel your contract?": await link_to(BILLS, "/contracts/confirm/"),
        "Open this link where you are signed in": await takes_another_address(ada, NEWEST),
        "Take your address back?": await link_to(ADA["email"], "/email/undo/"),
    }


async def scan(
    browser: Browser, shop: Shop, links: Sequence[str], *secrets: str, rounds: int
) -> tuple[dict[str, int], list[str]]:
    """Open links again and again with scripts; tell how often each was seen, and what leaked."""
    context = await browser.new_context(base_url=shop.url)
    page = await context.new_page()
    await page.add_init_script(f"({SCAN})({json.dumps([links, secrets, rounds])})")
    await page.goto(links[0], wait_until="commit")
    await page.wait_for_url("**/?scanned", timeout=120_000)
    told = json.loads(await page.evaluate("sessionStorage.scanned"))
    await context.close()
    return told["opened"], told["leaks"]


@ON_SQLITE
async def test_a_scanner_that_runs_scripts_leaves_every_link_good_and_sees_no_code(
    shop: Shop, browser: Browser
) -> None:
    async with visiting(shop) as ada, visiting(shop) as other:
        links = await links_for(ada, other)
        code = re.sub(r"\D", "", code_in(await mail_to(BILLS)))
        signin, *others = links.values()
        each_round = [path for each in others for path in (signin, each)]

        opened, leaks = await scan(browser, shop, each_round, code, "Washington", rounds=ROUNDS)

        times = {path: each_round.count(path) * ROUNDS for path in links.values()}
        assert opened == {f"{path} {title}": times[path] for title, path in links.items()}
        assert times[signin] == 100
        assert leaks == []
        assert [row["email"] for row in await run_sql("SELECT email FROM customer")] == [BILLS]
        assert await run_sql("SELECT id FROM plan_change") == []
        resume, contract, confirm, undo = others
        taken = [await other.press(await other.open(each), "") for each in (resume, contract)]
        assert [each.headers["location"] for each in taken] == ["/signup", contract]
        entered = await other.press(await other.open(signin), "")
        assert entered.headers["location"] == "/account"
        confirmed = await ada.press(await ada.open(confirm), "")
        assert confirmed.headers["location"] == "/account/email?saved"
        undone = await other.press(await other.open(undo), "")
        assert "You have your address back" in undone.text


@ON_SQLITE
async def test_a_secret_on_a_page_would_be_seen(shop: Shop, browser: Browser) -> None:
    opened, leaks = await scan(browser, shop, ["/signin"], "Youneednopassword", rounds=3)

    assert opened == {"/signin Sign in": 3}
    assert leaks == ["Youneednopassword"] * 3
