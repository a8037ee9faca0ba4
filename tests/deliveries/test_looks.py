"""What a mail program makes of the mails: all of them at once, narrow and wide, light and dark."""

from __future__ import annotations

from html import escape
from typing import Any

from playwright.async_api import Browser, Page

from tests.deliveries.golden import written

WIDTHS = (320, 640)
FLOORS = {"light": "rgb(245, 246, 248)", "dark": "rgb(20, 21, 26)"}

# Whatever stands anywhere in a mail stands on the nearest ground that is painted.
FAULTS = """() => {
    const light = (colour) => {
        const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => {
            const share = part / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const ground = (it) => {
        const colour = getComputedStyle(it).backgroundColor;
        return it.parentElement && /, 0\\)$/.test(colour) ? ground(it.parentElement) : colour;
    };
    const contrast = (it) => {
        const [one, other] = [light(getComputedStyle(it).color), light(ground(it))];
        return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    };
    const says = (it) => [...it.childNodes].some((node) => node.nodeType === 3
        && node.textContent.trim()) && it.checkVisibility();
    const pale = [...document.body.querySelectorAll('*')].filter(says)
        .filter((it) => contrast(it) < 4.5).map((it) => `pale: ${it.textContent.trim()}`);
    const wide = document.documentElement.scrollWidth > innerWidth ? ['too wide'] : [];
    return [...wide, ...pale];
}"""


async def test_every_mail_is_legible_fits_and_asks_for_nothing(browser: Browser) -> None:
    mails = {name: html for name, html in written().items() if name.endswith(".html")}
    page = await browser.new_page()
    asked = _listen(page)
    await _lay_out(page, mails)

    found: dict[str, Any] = {}
    floors: dict[str, set[str]] = {}
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        found |= await _faults(page, scheme)
        floors[scheme] = {await frame.evaluate(_FLOOR) for frame in page.frames[1:]}
    await page.close()

    assert found == {}
    assert floors == {scheme: {floor} for scheme, floor in FLOORS.items()}
    assert asked == []


async def test_a_mail_that_is_too_wide_pale_or_curious_is_noticed(browser: Browser) -> None:
    page = await browser.new_page()
    asked = _listen(page)
    curious = "<img src='https://tracker.example/1.gif'>"
    wide = "<p style='width:600px;background:#fff'>Hello</p>"
    pale = "<p style='color:#ccc;background:#fff'>Hello</p>"
    await _lay_out(page, {"wide": wide, "pale": pale, "curious": curious})

    found = await _faults(page, "light")
    await page.close()

    assert found == {
        "wide 320 light": ["too wide"],
        "pale 320 light": ["pale: Hello"],
        "pale 640 light": ["pale: Hello"],
    }
    assert asked


_FLOOR = "getComputedStyle(document.body).backgroundColor"


def _listen(page: Page) -> list[str]:
    """Keep what is asked for over a network."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "://" in request.url else None)
    return asked


async def _lay_out(page: Page, mails: dict[str, str]) -> None:
    """Show every mail in one page, each in a narrow frame and in a wide one."""
    await page.set_content(
        "<!doctype html>"
        + "".join(
            f'<iframe name="{name} {width}" width="{width}" height="600" style="border:0"'
            f' srcdoc="<!doctype html>{escape(html)}"></iframe>'
            for name, html in mails.items()
            for width in WIDTHS
        )
    )


async def _faults(page: Page, scheme: str) -> dict[str, Any]:
    """Name what is wrong with the mails, by mail, width and scheme."""
    found = {f"{frame.name} {scheme}": await frame.evaluate(FAULTS) for frame in page.frames[1:]}
    return {where: faults for where, faults in found.items() if faults}
