"""What comes after somebody was erased, by whichever way, writes nothing of them down again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from piccolo.table import Table

import portal
from portal.access.email_change import ask_email_change
from portal.access.links import request_sign_in
from portal.access.password_import import keep_import, ready_import
from portal.access.passwords import set_password
from portal.access.sessions import SignedIn, find_session, open_session
from portal.billing.billed_customers import BilledContact, BilledCustomer, BilledTaxId
from portal.customers import erased
from portal.customers.avatar import keep_avatar
from portal.customers.billing_contact import BilledTo, change_billed_to
from portal.customers.billing_email import change_billing_email
from portal.customers.directory import customer_of, lock_any_customer
from portal.customers.email import normalize_email
from portal.customers.erased import CustomerErased
from portal.customers.follow import follow_contact
from portal.customers.follow_tax_ids import follow_tax_ids
from portal.customers.preferences import Preferences, change_preferences
from portal.customers.shipping import Shipping, change_shipping
from portal.customers.tables import Customer
from portal.customers.tax_id import TaxId
from portal.customers.tax_ids import save_tax_id
from portal.database import is_sqlite, transaction
from portal.onboarding.amend import change_details
from portal.onboarding.begin_anew import begin_anew
from portal.onboarding.buy import buy
from portal.onboarding.change import change_customer
from portal.onboarding.forget import forget_entered
from portal.onboarding.sell import sell
from portal.privacy.holdings import HOLDINGS
from portal.privacy.wipe import wipe
from portal.subscriptions.sync import keep_profile, sync_object
from tests.customers.pictures import picture
from tests.onboarding.shop import Shop, details
from tests.onboarding.test_asked import BY_KEY
from tests.privacy.gone import QUILL, among, contents, erase_now
from tests.privacy.test_canaries import ELSEWHERE, OTHER

CONTACT = BilledContact(
    name="Quillifer Vantongeren",
    business_name="Zybbelinth Works",
    phone="+442079460123",
    address={"line1": "77 Wrenlock Passage", "city": "Mirthwick", "country": "GB"},
)
VAT = BilledTaxId("txi_late", "gb_vat", QUILL["tax_id"], "verified")
NEED_NOT_ASK = {
    "audit/origin.py": "called with what is written of them, which asks",
    "access/flows.py": "called in the transaction that makes the customer",
    "access/resume.py": "of who is nobody's customer yet",
    "customers/at_stripe.py": "flags alone, and no words of theirs",
    "customers/entered.py": "empties",
    "customers/held_tax_ids.py": "called by who asks",
    "customers/tax_ids_at_stripe.py": "flags alone, and no words of theirs",
    "deliveries/announce.py": "called by who asks",
    "deliveries/log.py": "an event that is there once more: it goes with its customer",
    "onboarding/signup.py": "after take_again, which asks",
    "onboarding/steps.py": "what Stripe made, which the erasure waits for and deletes",
    "reconciliation/claim.py": "what Stripe made, which the sweep asks about first",
    "subscriptions/copies.py": "statements of sync.py, which asks",
    "subscriptions/usage.py": "counts, and names nobody",
}
_ASKS = re.compile(r"refuse_erased|is_erased|lock_customer|says_erased")


async def every_late_write(shop: Shop, before: Customer, session: SignedIn) -> None:
    """Have all come that may still be on its way, each as if nothing had happened."""
    customer = str(before.id)
    stripe_id = str(before.stripe_id)
    billed = BilledCustomer(stripe_id, False, OTHER, None, {}, False, contact=CONTACT)
    wanted = Preferences("en", "Europe/London", {"email_marketing": True})
    ready = await ready_import("the words of Quillifer", "plain_text")
    chosen = await shop.plan("house")
    own, other = normalize_email(QUILL["email"]), normalize_email(OTHER)
    ways: list[Callable[[], Awaitable[Any]]] = [
        lambda: within(keep_profile(customer, billed, 10**12)),
        lambda: within(follow_contact(customer, CONTACT, OTHER)),
        lambda: within(follow_tax_ids(customer, [VAT], 10**12)),
        lambda: save_tax_id(customer, "comp_1", TaxId(QUILL["tax_id"], "gb_vat", is_valid=True)),
        lambda: change_details(shop.site, customer, details(**QUILL | {"city": "Leeds"})),
        lambda: change_customer(before, details(**QUILL | {"city": "Hull"}), BY_KEY),
        lambda: begin_anew(shop.site, customer, details(**QUILL), None, BY_KEY),
        lambda: sell(shop.site, customer, details(**QUILL), chosen, BY_KEY),
        lambda: buy(shop.site, customer, chosen, None, seen="", agreed=True),
        lambda: change_billed_to(customer, "comp_1", BilledTo(QUILL["first_name"])),
        lambda: change_billing_email(customer, "comp_1", OTHER),
        lambda: change_shipping(customer, "comp_1", Shipping("Fernsby Vantongeren", ELSEWHERE)),
        lambda: change_preferences(before, shop.site, wanted),
        lambda: forget_entered(customer, "comp_1"),
        lambda: keep_avatar(customer, "comp_1", picture()),
        lambda: ask_email_change(session, shop.site, other, unchecked=False, ip=None),
        lambda: set_password(session, shop.site, "correct horse battery", QUILL["email"]),
        lambda: within(keep_import(customer, ready)),
        lambda: open_session(customer, shop.site.id),
        lambda: request_sign_in(shop.site, own, customer=before, browser_hash="b" * 64),
    ]
    for way in ways:
        with suppress(CustomerErased):
            await way()


async def within(writing: Awaitable[Any]) -> None:
    async with transaction():
        await writing


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_nothing_that_comes_late_is_written_down(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    customer = (await shop.sign_up(verified=True, **QUILL)).customer
    await shop.work_in_the_end()
    before = await customer_of(customer)
    await sync_object("comp_1", str(before.stripe_id))
    session = await find_session(await open_session(customer, shop.site.id))
    assert session is not None
    await erase_now(shop, customer)
    empty = await contents("rate", "ticket")
    if not is_guarded:
        monkeypatch.setattr(erased, "ERASED", "nobody")

    await every_late_write(shop, before, session)

    now = await contents("rate", "ticket")
    new = str({name: rows for name, rows in now.items() if rows != empty[name]})
    assert (new == "{}") is is_guarded, new
    assert bool(among(new)) is not is_guarded


@pytest.mark.parametrize("is_held", [True, False])
async def test_who_is_being_erased_at_this_moment_is_waited_for(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, is_held: bool
) -> None:
    customer = (await shop.sign_up(verified=True)).customer
    is_emptied, may_end = asyncio.Event(), asyncio.Event()

    async def erase() -> None:
        async with transaction():
            await lock_any_customer(customer)
            await wipe(customer)
            is_emptied.set()
            await may_end.wait()

    erasing = asyncio.create_task(erase())
    await is_emptied.wait()
    if not is_held:
        # As on SQLite, where one writer waits for the other anyway.
        monkeypatch.setattr(erased, "is_sqlite", lambda: True)
    late = asyncio.create_task(open_session(customer, shop.site.id))
    await asyncio.wait({late}, timeout=0.3)
    may_end.set()
    await asyncio.gather(erasing, late, return_exceptions=True)

    came_through = not isinstance(late.exception(), CustomerErased)
    assert came_through is (not is_held and not is_sqlite())


def test_every_module_that_writes_rows_of_a_customer_asks_whether_they_were_erased() -> None:
    assert [name for name, text in writers() if not _ASKS.search(text)] == []


def test_a_module_that_does_not_ask_is_named() -> None:
    asking = dict(writers())
    assert len(asking) >= 10
    assert not _ASKS.search(asking["customers/avatar.py"].replace("is_erased", ""))


def writers() -> list[tuple[str, str]]:
    """Return the modules of the portal that write rows which go when their customer is erased."""
    gone: list[type[Table]] = [holding.table for holding in HOLDINGS if not holding.stays]
    everyone: list[type[Table]] = [*gone, Customer]
    classes = "|".join(table.__name__ for table in everyone)
    names = "|".join(table._meta.tablename for table in gone)
    writes = re.compile(rf"INSERT INTO ({names})\b|\b({classes})\.insert\(|UPDATE customer SET")
    house = Path(portal.__file__).parent
    found = []
    for file in sorted(house.rglob("*.py")):
        name = file.relative_to(house).as_posix()
        if name.startswith(("sandbox/", "migrations/", "privacy/")) or name in NEED_NOT_ASK:
            continue
        if writes.search(text := file.read_text()):
            found.append((name, text))
    return found
