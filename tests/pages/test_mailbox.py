"""The demo's mailbox shows the mails that would have been sent."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from portal.app import create_app
from portal.pages.mail_samples import samples
from portal.pages.mailbox import mailbox_routes
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, browser_at
from tests.pages.mails import mail_to
from tests.people import ADA


@pytest.fixture
async def reader(shop: Shop) -> AsyncIterator[Visitor]:
    """Somebody who reads the mailbox, after Ada signed up and asked for a sign-in mail."""
    await shop.worker.start()
    async with browser_at(create_app(extra_routes=mailbox_routes)) as http:
        ada = Visitor(http)
        await ada.sign_up(ADA)
        await ada.send("/signin", await ada.fill("/signin", {"email": ADA["email"]}))
        await mail_to(ADA["email"])
        yield ada
    await shop.worker.stop()


async def test_every_mail_is_listed_and_read_as_text_and_with_its_looks(reader: Visitor) -> None:
    listed = (await reader.open("/mailbox", headers={"accept": "application/json"})).json()
    page = await reader.open("/mailbox")

    for mail in listed:
        shown = await reader.open(f"/mailbox/{mail['id']}")
        looks = await reader.open(mail["html_url"])
        assert mail["to"] == ADA["email"]
        assert mail["subject"] in page.text
        assert mail["subject"] in shown.text
        assert "<html" in looks.text
        assert "script-src" not in looks.headers["content-security-policy"]
        assert looks.headers["content-security-policy"].startswith("default-src 'none'")
    assert "/signin/link/" in "".join(mail["text"] for mail in listed)


async def test_a_mail_that_is_none_is_not_found(reader: Visitor) -> None:
    for path in ("/mailbox/x", "/mailbox/x/html", "/mailbox/..%2f..%2fsecret"):
        assert (await reader.open(path)).status_code == 404


async def test_every_mail_there_is_can_be_looked_at_in_both_forms(reader: Visitor) -> None:
    page = await reader.open("/mailbox")
    names = re.findall(r'"/mailbox/samples/([^"/]+)"', page.text)

    assert names == [sample.name for sample in samples()]
    for name in names:
        shown = await reader.open(f"/mailbox/samples/{name}")
        looks = await reader.open(f"/mailbox/samples/{name}/html")
        assert f'src="/mailbox/samples/{name}/html"' in shown.text
        assert 'sandbox=""' in shown.text
        assert shown.headers["content-security-policy"].endswith("; frame-src 'self'")
        assert "<html" in looks.text
        assert looks.headers["content-security-policy"].endswith("frame-ancestors 'self'; sandbox")
    for path in ("/mailbox/samples/x", "/mailbox/samples/x/html"):
        assert (await reader.open(path)).status_code == 404


async def test_a_portal_that_is_no_demo_has_no_gallery(ada: Visitor) -> None:
    assert (await ada.open("/mailbox/samples/welcome")).status_code == 404
