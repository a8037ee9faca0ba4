"""One thing that can happen to somebody after a sign-up, and how it begins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from portal.billing.gateway import close_gateways, gateway_of
from portal.database import run_sql
from portal.settings import configure, settings
from tests.conftest import empty_tables
from tests.local_stripe import open_account
from tests.onboarding.shop import Shop, open_shop

COMPANY = "comp_1"


@dataclass(frozen=True, slots=True)
class Story:
    """One thing that a life is to do, and may die of.

    prepare: have it be owed to whoever has this e-mail address, who has signed up.
    is_right: tell whether it was done, once.
    order: what the life does besides its worker's work.
    """

    name: str
    prepare: Callable[[Shop, str], Awaitable[None]]
    is_right: Callable[[Shop, str], Awaitable[bool]]
    order: Mapping[str, Any] = field(default_factory=dict)
    plan: str = "studio"
    later_s: int = 0
    """How much time passes at Stripe after the sign-ups."""
    points: int = 80
    """About how many it has to die at, so that the small tier tries some of them."""


async def begin(shop: Shop, story: Story, email: str) -> Shop:
    """Open another shop, in which nobody has signed up but whom the story is about."""
    await close_gateways()
    await empty_tables()
    account = await open_account(shop.stripe.url, shop.stripe.http)
    configure(stripe_key=account.key)
    own = await open_shop(account)
    await run_sql("UPDATE plan SET trial_without_card = 'pause'")
    await own.sign_up(story.plan, email=email, browser=email)
    # The welcome mail too, which takes its time.
    await own.work_in_the_end()
    if story.later_s:
        await account.control("POST", "/clock", {"advance": story.later_s})
    await story.prepare(own, email)
    return own


async def put_card_on_file(email: str, card: str = "pm_card_visa") -> None:
    """Give somebody a card at Stripe, as the billing portal does."""
    row, v1 = await row_of(email), (await gateway_of(COMPANY)).v1
    added = await v1.payment_methods.attach_async(card, {"customer": row["stripe_id"]})
    chosen: Any = {"invoice_settings": {"default_payment_method": added.id}}
    await v1.customers.update_async(row["stripe_id"], chosen)


def is_told_once(email: str, about: str) -> bool:
    """Tell whether one mail of this subject came: twice perhaps, but then as the same message.

    A mail cannot be looked up.
    """
    told = [mail for mail in map(_read, mails_to(email)) if mail["subject"].startswith(about)]
    return len({mail["message-id"] for mail in told}) == 1 and len(told) <= 2


def mails_to(email: str) -> list[Path]:
    """Return the files of the mails to somebody."""
    folder = Path(urlsplit(str(settings().mail_url)).path)
    return [mail for mail in folder.rglob("*") if mail.is_file() and _read(mail)["to"] == email]


def _read(mail: Path) -> EmailMessage:
    return message_from_bytes(mail.read_bytes(), policy=policy.default)


async def row_of(email: str) -> Mapping[str, Any]:
    """Read a customer and their sign-up; nothing in it when there are none."""
    rows = await run_sql(
        "SELECT customer.id, customer.stripe_id, onboarding.id AS onboarding,"
        " onboarding.subscription_stripe_id AS sold FROM customer JOIN onboarding"
        " ON onboarding.customer = customer.id WHERE customer.email = {}",
        email,
    )
    return rows[0] if rows else _NOBODY


_NOBODY = dict.fromkeys(("id", "stripe_id", "onboarding", "sold"))
