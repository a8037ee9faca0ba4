"""What a mail program makes of the mails: all of them, narrow and wide, light and dark."""

from __future__ import annotations

from html import escape
from typing import Any

from playwright.async_api import Browser, Page

from tests.deliveries import pictures
from tests.deliveries.golden import looks

WIDTHS = (320, *pictures.WIDTHS)
FLOORS = {scheme: f"rgb{colour}" for scheme, colour in pictures.FLOORS.items()}

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
    // What is hidden by the window or by what holds it, if only in part.
    const isCut = (it) => {
        const words = document.createRange();
        words.selectNodeContents(it);
        const box = words.getBoundingClientRect();
        const leaves = (hold) => box.left < hold.left - 1 || box.right > hold.right + 1
            || box.top < hold.top - 1 || box.bottom > hold.bottom + 1;
        for (let up = it; up; up = up.parentElement) {
            const hides = getComputedStyle(up).overflow !== 'visible';
            if (hides && leaves(up.getBoundingClientRect())) return true;
        }
        return box.left < 0 || box.top < 0;
    };
    const cut = [...document.body.querySelectorAll('*')].filter(says).filter(isCut)
        .map((it) => `cut off: ${it.textContent.trim()}`);
    const pale = [...document.body.querySelectorAll('*')].filter(says)
        .filter((it) => contrast(it) < 4.5).map((it) => `pale: ${it.textContent.trim()}`);
    const wide = document.documentElement.scrollWidth > innerWidth ? ['too wide'] : [];
    return [...wide, ...cut, ...pale];
}"""


async def test_every_mail_is_legible_fits_and_asks_for_nothing(browser: Browser) -> None:
    page = await browser.new_page()
    asked = _listen(page)
    await _lay_out(page, looks())

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
    cut = "<p style='height:9px;overflow:hidden;background:#fff'>Hello</p>"
    gone = "<p style='margin-left:-40px;background:#fff'>Hello</p>"
    mails = {"wide": wide, "pale": pale, "curious": curious, "cut": cut, "gone": gone}
    await _lay_out(page, mails)

    found = await _faults(page, "light")
    await page.close()

    assert found == {
        "wide 320 light": ["too wide"],
        "wide 375 light": ["too wide"],
        **{f"pale {width} light": ["pale: Hello"] for width in WIDTHS},
        **{f"cut {width} light": ["cut off: Hello"] for width in WIDTHS},
        **{f"gone {width} light": ["cut off: Hello"] for width in WIDTHS},
    }
    assert asked


async def test_the_picture_of_every_mail_is_whole_and_in_its_scheme(browser: Browser) -> None:
    taken = await pictures.taken(browser, looks())

    found = {str(each.keep()): faults for each in taken if (faults := pictures.faults_of(each))}
    assert found == {}
    assert len(taken) == 4 * len(looks())


async def test_a_picture_that_is_cut_off_empty_or_of_one_scheme_only_is_noticed(
    browser: Browser,
) -> None:
    letter = looks()["sign_in"]
    mails = {
        "narrow": letter.replace("padding:32px 12px", "padding:32px 0"),
        "short": letter.replace("padding:32px 12px", "padding:32px 12px 0"),
        "empty": letter.replace('width="600"', 'hidden width="600"'),
        "plain": letter.replace("prefers-color-scheme: dark", "prefers-color-scheme: none"),
    }

    taken = await pictures.taken(browser, mails)

    found = {each.name: pictures.faults_of(each) for each in taken}
    for scheme in pictures.FLOORS:
        assert found[f"narrow-375-{scheme}.png"] == ["cut off at the left", "cut off at the right"]
        assert found[f"narrow-700-{scheme}.png"] == []
        for width in pictures.WIDTHS:
            assert found[f"short-{width}-{scheme}.png"] == ["cut off at the end"]
            assert found[f"empty-{width}-{scheme}.png"] == ["nothing to read"]
    assert found["plain-375-light.png"] == []
    assert found["plain-375-dark.png"][-1] == "not dark"


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
