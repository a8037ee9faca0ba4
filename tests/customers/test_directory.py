"""The directory of customers, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from portal import clock
from portal.customers.details import CustomerDetails, FormRules, read_details
from portal.customers.directory import EmailTaken, find_by_email, update_details
from portal.customers.register import register
from portal.customers.tables import Consent, Customer
from portal.database import transaction
from portal.sites.storefront import Storefront, find_site, forget_sites
from portal.sites.tables import Company, Site
from tests.people import ADA, GRACE

RULES = FormRules(organisation="optional")


@pytest.fixture
async def site(database: str) -> Storefront:
    now = clock.now()
    for number, company in enumerate(("acme", "other"), start=1):
        await Company.insert(
            Company(id=f"comp_{company}", key=company, name=company, created_at=now)
        )
        await Site.insert(
            Site(
                id=f"site_{company}", number=number, company=f"comp_{company}", key="main",
                name=company, country="GB", currency="gbp", terms_version="7", created_at=now,
            )
        )  # fmt: skip
    forget_sites()
    return await find_site(None, "site_acme")


def details_of(person: dict[str, str], **changed: str) -> CustomerDetails:
    return read_details(person | changed, RULES)


async def signed_up(site: Storefront, details: CustomerDetails) -> tuple[Customer, bool]:
    async with transaction():
        came = await register(site, details)
    return came


async def test_a_new_customer_is_written_down_whole(site: Storefront) -> None:
    ada = details_of(ADA, tax_id="GB980780684")

    customer, is_new = await signed_up(site, replace(ada, email_unchecked=True))

    kept = await find_by_email("comp_acme", ada.email_key)
    assert kept is not None and is_new  # noqa: PT018
    assert kept.to_dict() == customer.to_dict()
    assert (kept.email, kept.organisation) == (ada.email, ada.organisation)
    assert (kept.phone, kept.phone_e164) == (ADA["phone"], "+442079460958")
    assert (kept.tax_id, kept.tax_id_type) == ("GB980780684", "gb_vat")
    assert (kept.line1, kept.city, kept.country) == (ADA["line1"], "London", "GB")
    assert (kept.version, kept.status, kept.email_unchecked) == (1, "active", True)
    assert kept.created_at.tzinfo is not None


async def test_an_email_known_in_any_spelling_changes_nothing(site: Storefront) -> None:
    first, _ = await signed_up(site, details_of(ADA))

    again, is_new = await signed_up(
        site, details_of(ADA, email=ADA["email"].upper(), first_name="Mallory")
    )

    assert (again.id, is_new) == (first.id, False)
    assert [row["first_name"] for row in await Customer.select()] == ["Ada"]


async def test_another_company_has_a_directory_of_its_own(site: Storefront) -> None:
    await signed_up(site, details_of(ADA))

    _, is_new = await signed_up(await find_site(None, "site_other"), details_of(ADA))

    assert is_new
    assert await find_by_email("comp_nobody", ADA["email"]) is None


async def test_fifty_at_once_are_one_customer(site: Storefront) -> None:
    came = await asyncio.gather(*(signed_up(site, details_of(ADA)) for _ in range(50)))

    assert len({customer.id for customer, _ in came}) == 1
    assert sum(is_new for _, is_new in came) == 1
    assert await Customer.count() == 1


async def test_a_rolled_back_sign_up_leaves_nobody(site: Storefront) -> None:
    class Broken(Exception):
        pass

    with pytest.raises(Broken):
        async with transaction():
            await register(site, replace(details_of(ADA), terms=True))
            raise Broken

    assert await Customer.count() == await Consent.count() == 0


async def test_consents_are_kept_with_their_text_and_door(site: Storefront) -> None:
    ada = replace(details_of(ADA), terms=True, email_marketing=True)

    async with transaction():
        customer, _ = await register(site, ada, source="widget")

    kept = await Consent.select(Consent.kind, Consent.given, Consent.text_version, Consent.source)
    assert {(*row.values(),) for row in kept} == {
        ("terms", True, "7", "widget"),
        ("email_marketing", True, "7", "widget"),
    }
    assert {row["customer"] for row in await Consent.select()} == {customer.id}


async def test_who_agrees_to_nothing_has_no_consent(site: Storefront) -> None:
    await signed_up(site, details_of(ADA))

    assert await Consent.count() == 0


async def test_changed_details_raise_the_version(site: Storefront) -> None:
    ada, _ = await signed_up(site, details_of(ADA))

    async with transaction():
        changed = await update_details(ada, details_of(ADA, city="Leeds", tax_id="GB980780684"))

    kept = await find_by_email("comp_acme", ada.email_key)
    assert changed is not None and kept is not None  # noqa: PT018
    assert (kept.city, kept.version, kept.tax_id_type) == ("Leeds", 2, "gb_vat")
    assert kept.to_dict() == changed.to_dict()
    assert kept.updated_at > kept.created_at


async def test_the_same_details_again_change_nothing(site: Storefront) -> None:
    ada, _ = await signed_up(site, details_of(ADA))

    async with transaction():
        assert await update_details(ada, details_of(ADA)) is None

    assert [row["version"] for row in await Customer.select()] == [1]


async def test_a_form_with_another_first_name_ends_a_whole_name(site: Storefront) -> None:
    ada, _ = await signed_up(site, details_of(ADA))
    await Customer.update({Customer.name: "Ada, Countess of Lovelace"}).where(Customer.id == ada.id)

    async with transaction():
        city = await update_details(ada, details_of(ADA, city="Leeds"))
        first = await update_details(ada, details_of(ADA, first_name="Augusta"))

    assert city is not None
    assert first is not None
    assert (city.name, first.name) == ("Ada, Countess of Lovelace", "")


async def test_a_refused_tax_id_is_given_another_chance_when_it_changes(site: Storefront) -> None:
    ada, _ = await signed_up(site, details_of(ADA, tax_id="GB980780684"))
    await Customer.update({Customer.tax_id_refused: True}).where(Customer.id == ada.id)

    async with transaction():
        await update_details(ada, details_of(ADA, tax_id="GB980780684", city="Leeds"))
    assert [row["tax_id_refused"] for row in await Customer.select()] == [True]
    async with transaction():
        await update_details(ada, details_of(ADA, tax_id="GB110305878"))

    assert [row["tax_id_refused"] for row in await Customer.select()] == [False]


async def test_another_email_is_unproved_again(site: Storefront) -> None:
    ada, _ = await signed_up(site, details_of(ADA))
    await Customer.update({Customer.email_verified_at: clock.now()}).where(Customer.id == ada.id)

    async with transaction():
        await update_details(ada, details_of(ADA, email="ada@byron.example"))

    kept = await find_by_email("comp_acme", "ada@byron.example")
    assert kept is not None
    assert kept.id == ada.id
    assert [row["email_verified_at"] for row in await Customer.select()] == [None]


async def test_nobody_takes_anothers_email(site: Storefront) -> None:
    ada, _ = await signed_up(site, details_of(ADA))
    await signed_up(site, details_of(GRACE))

    async with transaction():
        with pytest.raises(EmailTaken):
            await update_details(ada, details_of(ADA, email=GRACE["email"]))
        assert await update_details(ada, details_of(ADA, city="Leeds")) is not None

    emails = [row["email"] for row in await Customer.select().order_by(Customer.email)]
    assert emails == [ADA["email"], GRACE["email"]]


async def test_a_change_of_mind_about_mail_is_kept_beside_the_first_answer(
    site: Storefront,
) -> None:
    wants = replace(details_of(ADA), email_marketing=True)
    ada, _ = await signed_up(site, wants)

    for details in (wants, details_of(ADA), details_of(ADA), wants):
        async with transaction():
            await update_details(ada, details)

    given = await Consent.select(Consent.given).order_by(Consent.at, Consent.id)
    assert [row["given"] for row in given] == [True, False, True]
