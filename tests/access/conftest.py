"""A storefront, Ada who is its customer, and the mail that the worker would send."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from portal import clock
from portal.access.flows import flows_of
from portal.access.links import Consumed, LinkSpent, look_at, use_up
from portal.customers.email import normalize_email
from portal.customers.tables import Customer
from portal.ids import new_id
from portal.settings import configure
from portal.sites.storefront import Storefront, find_site, forget_sites
from portal.sites.tables import Company, Site
from portal.worker import Worker

Deliver = Callable[[], Awaitable[list[EmailMessage]]]


@pytest.fixture
async def site(database: str) -> Storefront:
    now = clock.now()
    await Company.insert(
        Company(
            id="comp_1", key="acme", name="Acme", support_email="help@acme.example", created_at=now
        )
    )
    await Site.insert(
        Site(
            id="site_1", number=1, company="comp_1", key="us", name="Acme Tea", country="US",
            currency="usd", created_at=now,
        )
    )  # fmt: skip
    forget_sites()
    return await find_site(None)


@pytest.fixture
async def ada(site: Storefront) -> Customer:
    return await a_customer(site, "ada@example.com", first_name="Ada")


async def a_customer(site: Storefront, address: str, first_name: str = "") -> Customer:
    email, now = normalize_email(address), clock.now()
    customer = Customer(
        id=new_id("cust"), company=site.company_id, site=site.id, email=email.address,
        email_key=email.key, first_name=first_name, created_at=now, updated_at=now,
    )  # fmt: skip
    await Customer.insert(customer)
    return customer


@pytest.fixture
def deliver(site: Storefront, tmp_path: Path) -> Deliver:
    """Have the worker do what is due, and return the mails it sent."""
    mailbox = tmp_path / "mail"
    configure(mail_url=f"file://{mailbox}", base_url="http://127.0.0.1:8000")

    async def deliver() -> list[EmailMessage]:
        before = set(mailbox.glob("*.eml"))
        await Worker().run_until_idle()
        return [read_mail(path) for path in sorted(set(mailbox.glob("*.eml")) - before)]

    return deliver


async def use_link(token: str, browser_hash: str) -> Consumed:
    """Press the button of a link's page: look at what it is, and use that up."""
    request = await look_at(token)
    if request is None:
        raise LinkSpent
    return await use_up(request, browser_hash)


async def may_go_on(onboarding: str, browser_hash: str) -> bool:
    """Ask as the pages do whether this browser made that customer a short while ago."""
    return onboarding in [flow.onboarding for flow in await flows_of(browser_hash)]


def read_mail(path: Path) -> EmailMessage:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
