"""Walk through the demo in Chromium and take the pictures that the README and docs show.

    make screenshots

Pages in docs/pictures/, at 320, 768 and 1280 px, light and dark; readme.png is made of three.
Every mail in build/mails/, which git ignores, at 375 and 700 px, light and dark.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from tests.browser import chromium
from tests.deliveries.golden import looks
from tests.deliveries.pictures import taken

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
WIDTHS, SCHEMES = (320, 768, 1280), ("light", "dark")
JOINED = (("pricing", "light"), ("signup", "light"), ("welcome", "dark"))
ADA = {
    "Email": "ada@example.com", "First name": "Ada", "Last name": "Lovelace",
    "Street": "12 St James’s Square", "Town or city": "London", "Postcode": "SW1Y 4JH",
}  # fmt: skip


async def main() -> None:
    """Take every picture."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        path = chromium(playwright.chromium.executable_path)
        browser = await playwright.chromium.launch(executable_path=path)
        with tempfile.TemporaryDirectory() as folder:
            process = await asyncio.create_subprocess_exec(
                str(Path(sys.executable).parent / "portal"),
                *("demo", "--port", "0", "--data", folder, "--json"),
                stdout=asyncio.subprocess.PIPE,
            )
            assert process.stdout is not None
            portal = json.loads(await process.stdout.readline())["portal"]
            with contextlib.suppress(KeyboardInterrupt):
                for scheme in SCHEMES:
                    await _walk(browser, portal, scheme)
            process.terminate()
            await process.wait()
        await _join(browser)
        await _take_mails(browser)
        await browser.close()


async def _walk(browser: Browser, portal: str, scheme: str) -> None:
    context = await browser.new_context(
        color_scheme=scheme,  # type: ignore[arg-type]
        locale="en-GB",
        device_scale_factor=1.5,
    )
    page = await context.new_page()
    await page.goto(portal)
    await _shoot(page, "pricing", scheme)
    await page.goto(f"{portal}/signup?plan=studio&interval=month&currency=eur")
    await page.get_by_role("button", name="Order with obligation to pay").click()
    await page.locator("#error-summary").wait_for()
    await _shoot(page, "mistakes", scheme)
    await page.goto(f"{portal}/signup?plan=studio&interval=month&currency=eur")
    await page.get_by_label("Country").select_option("GB")
    await page.get_by_label("Postcode").wait_for()
    for label, value in (ADA | {"Email": f"{scheme}@example.com"}).items():
        await page.get_by_label(label).first.fill(value)
    await _shoot(page, "signup", scheme)
    await page.get_by_role("button", name="Order with obligation to pay").click()
    await page.get_by_label("Card number").fill("4242424242424242")
    await page.get_by_label("Expiration date").fill("12 / 34")
    await page.get_by_label("CVC").fill("123")
    await _shoot(page, "card", scheme)
    await page.get_by_role("button", name="Save card").click()
    await page.wait_for_url("**/welcome**")
    await _shoot(page, "welcome", scheme)
    await context.close()


async def _shoot(page: Page, name: str, scheme: str) -> None:
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        await page.evaluate("scrollTo(0, 0)")
        await page.screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png", full_page=True)
    if (name, scheme) in JOINED:
        await page.set_viewport_size({"width": 1000, "height": 1180})
        await page.evaluate("scrollTo(0, 0)")
        await page.screenshot(path=_part(name))


async def _join(browser: Browser) -> None:
    """Lay three of them side by side."""
    page = await browser.new_page(viewport={"width": 1500, "height": 620})
    shown = "".join(f'<img src="file://{_part(name)}">' for name, _ in JOINED)
    made = PICTURES / "readme.html"
    made.write_text(
        "<style>body{margin:0;padding:20px;display:flex;gap:20px;background:#dfe5e3}"
        "img{width:473px;height:558px;border-radius:8px;box-shadow:0 2px 12px #0003}</style>"
        + shown
    )
    await page.goto(f"file://{made}")
    await page.screenshot(path=PICTURES / "readme.png")
    for file in (made, *(_part(name) for name, _ in JOINED)):
        file.unlink()


async def _take_mails(browser: Browser) -> None:
    for picture in await taken(browser, looks()):
        picture.keep()


def _part(name: str) -> Path:
    return PICTURES / f"readme-{name}.png"


if __name__ == "__main__":
    asyncio.run(main())
