"""Take a picture of every page and mail in every state: python -m tests.gallery FOLDER [NAME…]."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from tests.browser import chromium
from tests.templates.samples import every_view
from tests.templates.stage import shown
from tests.templates.view import Values, View

WIDTHS = (320, 768, 1280)
SCHEMES = ("light", "dark")


async def take_all(folder: Path, wanted: tuple[str, ...]) -> None:
    """Write <name>-<width>-<scheme>.png for each view whose name begins with one that is wanted."""
    folder.mkdir(parents=True, exist_ok=True)
    views = [view for view in every_view() if view.is_page or view.is_mail]
    async with async_playwright() as playwright:
        own = playwright.chromium
        browser = await own.launch(executable_path=chromium(own.executable_path))
        for view in views:
            if not wanted or view.name.startswith(wanted):
                await _take(browser, view, folder)
        await browser.close()


async def _take(browser: Browser, view: View, folder: Path) -> None:
    for width in WIDTHS:
        for scheme in SCHEMES:
            looks: Values = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
            async with shown(browser, view, **looks) as page:
                await page.screenshot(
                    path=folder / f"{view.name}-{width}-{scheme}.png", full_page=True
                )


if __name__ == "__main__":
    asyncio.run(take_all(Path(sys.argv[1]), tuple(sys.argv[2:])))
