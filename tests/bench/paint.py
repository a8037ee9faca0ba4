"""How long a first visit waits to see the page, by the largest paint, on a slow mobile network."""

from __future__ import annotations

from statistics import median

from playwright.async_api import Browser, async_playwright

from tests.bench.sides import Side
from tests.browser import LEAN, chromium

VISITS = 5
# As Lighthouse has it: 150 ms there and back, 1.6 Mbit/s down, 750 kbit/s up.
SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
_LARGEST = """() => new Promise((told) => new PerformanceObserver((seen) =>
    told(seen.getEntries().at(-1).startTime)
).observe({ type: 'largest-contentful-paint', buffered: true }))"""


async def painted_s(side: Side, path: str) -> float:
    """Return when the largest part of a page was there, the median of a few first visits."""
    async with async_playwright() as playwright:
        own = playwright.chromium
        browser = await own.launch(executable_path=chromium(own.executable_path), args=LEAN)
        seen = [await _visit(browser, side.url + path) for _ in range(VISITS)]
        await browser.close()
    return median(seen)


async def _visit(browser: Browser, url: str) -> float:
    context = await browser.new_context(viewport={"width": 412, "height": 823})
    page = await context.new_page()
    network = await context.new_cdp_session(page)
    await network.send("Network.emulateNetworkConditions", SLOW_4G)
    await page.goto(url, wait_until="load")
    largest = float(await page.evaluate(_LARGEST))
    await context.close()
    return largest / 1000
