"""What a first visit costs: bytes on the way, and requests, all of them to us."""

from __future__ import annotations

from html.parser import HTMLParser

from portal.app import Portal
from tests.databases import ON_SQLITE
from tests.pages.account_doors import doors_of
from tests.pages.browsing import Visitor
from tests.pages.signed_in import at_her_account


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


@ON_SQLITE
async def test_every_page_of_the_account_is_within_its_budget(portal: Portal, ada: Visitor) -> None:
    await at_her_account(ada)
    pages = {
        door.path
        for door in doors_of(portal)
        if door.method == "GET" and door.path.startswith("/account") and "{" not in door.path
    }
    costs = {path: await cost_of(ada, path) for path in pages if await _is_shown(ada, path)}

    assert len(costs) > 12
    heavy = {path: cost for path, cost in costs.items() if cost[0] > 35_000 or cost[1] > 5}
    assert heavy == {}


async def _is_shown(visitor: Visitor, path: str) -> bool:
    """Tell whether it is a page by itself, and not the way to one or a file."""
    answer = await visitor.open(path)
    return answer.status_code == 200 and "text/html" in answer.headers["content-type"]
