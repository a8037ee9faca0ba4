"""What a first visit costs: bytes on the way, and requests, all of them to us."""

from __future__ import annotations

from html.parser import HTMLParser

from portal import clock
from portal.database import run_sql
from tests.pages.browsing import Visitor
from tests.pages.mails import link_in, mail_to
from tests.people import ADA


class Fetched(HTMLParser):
    """What a browser fetches by itself once it has a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload", "manifest"):
            self.addresses.add(given["href"] or "")
        elif given.get("src"):
            self.addresses.add(given["src"] or "")


async def cost_of(visitor: Visitor, path: str) -> tuple[int, int]:
    """Open a page as a browser does that has kept nothing: bytes and requests."""
    page = await visitor.open(path)
    assert page.status_code == 200, path
    fetched = Fetched(page.text).addresses
    assert all(address.startswith(("/static/", "/brand/")) for address in fetched), fetched
    answers = [page, *[await visitor.open(address) for address in fetched]]
    assert {answer.status_code for answer in answers} == {200}
    return sum(answer.num_bytes_downloaded for answer in answers), len(answers)


async def test_the_pricing_page_is_within_its_budget(ada: Visitor) -> None:
    size, requests = await cost_of(ada, "/")

    assert size <= 20_000
    assert requests <= 5


async def test_the_sign_up_page_is_within_its_budget(ada: Visitor) -> None:
    size, requests = await cost_of(ada, "/signup?plan=studio")

    assert size <= 25_000
    assert requests <= 5


async def test_the_account_page_is_within_its_budget(ada: Visitor) -> None:
    await ada.sign_up(ADA)
    await run_sql("UPDATE customer SET email_verified_at = {}", clock.now())
    await ada.send("/signin", await ada.fill("/signin", {"email": ADA["email"]}))
    await ada.press(await ada.open(link_in(await mail_to(ADA["email"]))), "")

    size, requests = await cost_of(ada, "/account")

    assert size <= 35_000
    assert requests <= 5
