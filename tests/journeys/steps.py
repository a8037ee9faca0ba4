"""What a person does on the way: the words in which the journeys are told."""

from __future__ import annotations

import re

from playwright.async_api import Locator, Page, expect

from tests.journeys.people import Person

GOOD = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 0002"
DECLINED_LATER = "4000 0000 0000 0341"
CONFIRMED_ONCE = "4000 0025 0000 3155"
CONFIRMED_ALWAYS = "4000 0027 6000 3184"

COUNTRY = "Country or region"
BUTTONS = {
    "Reader": "Create account",
    "Studio": "Order with obligation to pay",
    "House": "Order with obligation to pay",
}


def field(page: Page, label: str) -> Locator:
    """Find a field by its label, be it optional or not."""
    return page.get_by_label(re.compile(rf"^{re.escape(label)}( \(optional\))?$"))


def heading(page: Page, name: str) -> Locator:
    """Find a page's first heading."""
    return page.get_by_role("heading", name=name, level=1)


def alert(page: Page) -> Locator:
    """Find the summary of what is wrong."""
    return page.get_by_role("alert")


async def choose(page: Page, plan: str, every: str = "monthly", at: str = "/") -> None:
    """Pick a plan on the pricing page."""
    await page.goto(at)
    if every == "yearly":
        await page.get_by_text("Yearly", exact=True).click()
    await page.get_by_role("button", name=f"{plan}, {every}").click()
    await expect(heading(page, "Create your account")).to_be_visible()
    await stands_ready(page)


async def stands_ready(page: Page) -> None:
    """Wait for a page's scripts: until they run, it is the page of those who have none."""
    await page.wait_for_load_state()


async def choose_country(page: Page, country: str) -> None:
    """Pick a country; without JavaScript, ask for its fields."""
    await field(page, COUNTRY).select_option(label=country)
    update = page.get_by_role("button", name="Update address fields")
    if await update.is_visible():
        await update.click()


async def fill(page: Page, person: Person) -> None:
    """Fill the form in as this person does, the country first, as its words follow it."""
    if COUNTRY in person:
        await choose_country(page, person[COUNTRY])
    for label, text in person.items():
        if label == COUNTRY:
            continue
        control = field(page, label)
        if await control.evaluate("it => it.tagName") == "SELECT":
            await control.select_option(label=text)
        else:
            await control.fill(text)


async def send(page: Page, plan: str) -> None:
    """Press the form's button."""
    await page.get_by_role("button", name=BUTTONS[plan]).click()


async def sign_up(page: Page, person: Person, plan: str = "Studio", every: str = "monthly") -> None:
    """Go from the pricing page through the form, and press its button."""
    await choose(page, plan, every)
    await fill(page, person)
    await send(page, plan)


async def type_card(page: Page, number: str) -> None:
    """Give a card on Stripe's page."""
    await expect(heading(page, "Add payment method")).to_be_visible()
    await page.get_by_label("Card number").fill(number)
    await page.get_by_label("Expiration date").fill("12 / 34")
    await page.get_by_label("CVC").fill("123")
    await page.get_by_role("button", name="Save card").click()


async def pay(page: Page, number: str = GOOD) -> None:
    """Give a card that is taken, and come back."""
    await type_card(page, number)
    await expect(page).to_have_url(re.compile("/welcome"))


async def go_back_without_card(page: Page) -> None:
    """Leave Stripe's page as one came."""
    await page.get_by_role("link", name=re.compile("^Return to")).click()
    await expect(page).to_have_url(re.compile("/welcome"))


def fact(page: Page, name: str) -> Locator:
    """Find what the page says of the plan: the value under this name."""
    return (
        page.locator("dl > div")
        .filter(has=page.get_by_role("term").filter(has_text=re.compile(rf"^{name}$")))
        .get_by_role("definition")
    )


async def stands(page: Page, word: str, sentence: str | re.Pattern[str]) -> None:
    """Expect the page to say how the plan stands, in a word and a sentence."""
    about = page.get_by_role("region", name="Your subscription")
    await expect(about.get_by_text(word, exact=True)).to_be_visible()
    await expect(page.get_by_role("status")).to_have_text(sentence)
