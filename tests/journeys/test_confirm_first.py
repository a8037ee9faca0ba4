"""A site that has every address confirmed before anything happens."""

from __future__ import annotations

from playwright.async_api import Page, Response, expect

from tests.journeys.databases import ON_SQLITE
from tests.journeys.people import ADA, GRACE
from tests.journeys.post import link_for, mails
from tests.journeys.shop import ONE_OF_EACH, Books, Shop
from tests.journeys.steps import choose, fill, heading, pay
from tests.journeys.watching import Browsers


async def ask(page: Page, email: str) -> tuple[dict[str, str], bytes]:
    """Sign up with an address; return what came: the answer and the page it leads to."""
    await choose(page, "Studio", at="/?site=america")
    await fill(page, GRACE | {"Email": email})
    await page.get_by_role("checkbox", name="I agree to the terms").check()
    async with page.expect_response(_is_answer_to_the_form) as posted:
        await page.get_by_role("button", name="Start 14-day trial").click()
    await expect(heading(page, "Check your inbox")).to_be_visible()
    answer = await posted.value
    inbox = await page.context.request.get("/signup/check-inbox")
    headers = {
        name: value
        for name, value in (await answer.all_headers()).items()
        if name not in ("date", "request-id")
    }
    return headers, await inbox.body()


async def test_the_mailed_button_completes_the_sign_up(shop: Shop, page: Page) -> None:
    await ask(page, GRACE["Email"])
    assert await shop.books() == Books(0, 0, 0)

    await page.goto(await link_for(GRACE["Email"]))
    await page.get_by_role("button", name="Continue").click()
    await pay(page)

    await expect(heading(page, "Welcome to Studio")).to_be_visible()
    assert (await shop.customer_at_stripe())["address"]["state"] == "DC"
    assert await shop.books() == ONE_OF_EACH


@ON_SQLITE
async def test_new_and_known_addresses_are_answered_alike(shop: Shop, browsers: Browsers) -> None:
    grace, mallory = await browsers(), await browsers()
    await ask(grace, GRACE["Email"])
    await grace.goto(await link_for(GRACE["Email"]))
    await grace.get_by_role("button", name="Continue").click()
    await expect(heading(grace, "Add payment method")).to_be_visible()

    known = await ask(mallory, GRACE["Email"])
    unknown = await ask(mallory, ADA["Email"])

    assert known[0] == unknown[0]
    assert known[0]["content-length"] == "0"
    assert _without_tokens(known[1]) == _without_tokens(unknown[1])
    await link_for(ADA["Email"])
    assert "Hopper" not in "".join(str(mail) for mail in mails() if mail["to"] == ADA["Email"])
    assert await shop.books() == ONE_OF_EACH


def _is_answer_to_the_form(answer: Response) -> bool:
    return answer.request.method == "POST" and answer.url.endswith("/signup")


def _without_tokens(page: bytes) -> bytes:
    """Leave out what stands for the browser and the moment, not for the address."""
    return b"\n".join(line for line in page.splitlines() if b'name="token"' not in line)
