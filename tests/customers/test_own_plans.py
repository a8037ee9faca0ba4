"""Exclusive plans are granted to the customers they are for, on both databases."""

from __future__ import annotations

import pytest

from portal import clock
from portal.customers.details import FormRules, read_details
from portal.customers.own_plans import CannotGrant, grant_plan, own_plans_of, revoke_plan
from portal.customers.register import register
from portal.database import run_sql, transaction
from portal.plans.tables import Plan
from portal.sites.storefront import find_site, forget_sites
from portal.sites.tables import Company, Site
from tests.people import ADA, GRACE


@pytest.fixture
async def ada(database: str) -> str:
    """Return the id of Ada, a customer of a company with a plan for everybody and one for some."""
    now = clock.now()
    await Company.insert(Company(id="comp_1", key="acme", name="Acme", created_at=now))
    site = Site(
        id="site_1", number=1, company="comp_1", key="main", name="Acme", country="DE",
        currency="eur", created_at=now,
    )  # fmt: skip
    await Site.insert(site)
    for key, visibility in (("studio", "standard"), ("guild", "exclusive")):
        plan = Plan(id=f"plan_{key}", company="comp_1", key=key, name=key, created_at=now)
        plan.visibility = visibility
        await Plan.insert(plan)
    forget_sites()
    async with transaction():
        customer, _is_new = await register(
            await find_site(None), read_details(ADA, FormRules(organisation="optional"))
        )
    return str(customer.id)


async def written() -> list[tuple[str, str]]:
    rows = await run_sql("SELECT actor, action FROM audit_entry ORDER BY id")
    return [(row["actor"], row["action"]) for row in rows]


async def test_a_plan_is_granted_and_revoked_once_however_often_that_is_said(ada: str) -> None:
    email = ADA["email"].upper()

    assert [await grant_plan("guild", email), await grant_plan("guild", email)] == [True, False]
    assert await own_plans_of(ada) == ("guild",)
    assert [await revoke_plan("guild", email), await revoke_plan("guild", email)] == [True, False]

    assert await own_plans_of(ada) == ()
    assert await written() == [
        ("operator", "customer.plan_granted"),
        ("operator", "customer.plan_revoked"),
    ]


@pytest.mark.parametrize(
    ("plan", "email", "company", "said"),
    [
        ("studio", ADA["email"], None, "Plan studio is standard; exclusive ones.*: guild."),
        ("castle", ADA["email"], None, "There is no plan castle"),
        ("guild", GRACE["email"], None, "No customer has this e-mail address."),
        ("guild", "nobody", None, "That is no e-mail address."),
        ("guild", ADA["email"], "other", "There is no company other: acme."),
    ],
)
async def test_what_cannot_be_granted_is_said(
    ada: str, plan: str, email: str, company: str | None, said: str
) -> None:
    with pytest.raises(CannotGrant, match=said):
        await grant_plan(plan, email, company=company)

    assert await own_plans_of(ada) == ()
    assert await written() == []


async def test_of_several_companies_one_has_to_be_named(ada: str) -> None:
    await Company.insert(Company(id="comp_2", key="other", name="Other", created_at=clock.now()))

    with pytest.raises(CannotGrant, match=r"Name the company with --company: acme, other\."):
        await grant_plan("guild", ADA["email"])

    assert await grant_plan("guild", ADA["email"], company="acme")
