"""Make our tables, and then Stripe, match a declaration: safe to repeat, and never deleting."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from piccolo.table import Table

from portal.clock import now
from portal.database import transaction
from portal.ids import new_id
from portal.plans.at_stripe import match_stripe
from portal.plans.declaration import Declaration
from portal.plans.declared_plans import DeclaredAddOn, DeclaredPlan
from portal.plans.declared_sites import DeclaredSite
from portal.plans.difference import (
    Change,
    Record,
    differences,
    needs_new_version,
    plan_record,
    records_of,
)
from portal.plans.offers import forget_offers
from portal.plans.stored import stored_plan, stored_records
from portal.plans.tables import Plan, Price
from portal.sites.storefront import forget_sites
from portal.sites.tables import Company, Site


async def changes_of(declared: Declaration) -> list[Change]:
    """List what applying this would change in our tables."""
    return differences(records_of(declared), await stored_records(declared.company.key))


async def apply_declaration(declared: Declaration) -> list[str]:
    """Write the declaration to our tables and make Stripe match; return a line for each thing done.

    A plan whose prices or trial changed gets a new version, which goes on offer only when Stripe
    has its prices: broken off anywhere, applying it again finishes the work.

    Raises:
        EffectError: Stripe did not do its part; what was written stays, and is not yet on offer.
    """
    async with transaction():
        company = await _write_company(declared)
        for position, plan in enumerate(declared.plan):
            await _write_plan(company.id, plan, position)
        for position, add_on in enumerate(declared.add_on):
            await _write_plan(company.id, add_on, position)
        for site in declared.site:
            await _write_site(company.id, site)
    forget_sites()
    lines = await match_stripe(company.id)
    async with transaction():
        await _put_on_offer(company.id)
    forget_sites()
    forget_offers()
    return [*lines, "Everything matches."]


async def _write_company(declared: Declaration) -> Company:
    key = declared.company.key
    company = await Company.objects().where(Company.key == key).first()
    company = company or Company(id=new_id("comp"), key=key, created_at=now())
    await _write(company, declared.company.model_dump(exclude={"key"}))
    return company


async def _write_plan(
    company_id: str, declared: DeclaredPlan | DeclaredAddOn, position: int
) -> None:
    wanted = plan_record(declared, position)
    newest = (
        await Plan.objects()
        .where(Plan.company == company_id, Plan.key == declared.key)
        .order_by(Plan.version, ascending=False)
        .first()
    )
    if newest is None or needs_new_version(wanted, await stored_plan(newest.to_dict())):
        version = 1 if newest is None else newest.version + 1
        product = None if newest is None else newest.stripe_product
        newest = Plan(
            id=new_id("plan"),
            company=company_id,
            key=declared.key,
            version=version,
            current=False,
            stripe_product=product,
            created_at=now(),
        )
        await _write(newest, _columns(wanted))
        await _write_prices(company_id, newest, declared)
    else:
        await _write(newest, _columns(wanted))


async def _write_prices(
    company_id: str, plan: Plan, declared: DeclaredPlan | DeclaredAddOn
) -> None:
    company = await Company.objects().get(Company.id == company_id)
    assert company is not None
    for interval, amounts in declared.prices.items():
        for currency, amount in amounts.items():
            price = Price(
                id=new_id("pric"),
                plan=plan.id,
                interval=interval,
                currency=currency,
                amount=amount,
                lookup_key=f"{company.key}_{plan.key}_{interval}_{currency}",
            )
            await price.save()


async def _write_site(company_id: str, declared: DeclaredSite) -> None:
    site = await Site.objects().where(Site.company == company_id, Site.key == declared.key).first()
    if site is None:
        number = (await Site.count()) + 1
        site = Site(
            id=new_id("site"), company=company_id, key=declared.key, number=number, created_at=now()
        )
    columns = _columns(declared.model_dump(exclude={"key"}, mode="json"))
    await _write(site, columns | {"languages": ",".join(declared.languages)})


async def _put_on_offer(company_id: str) -> None:
    plans = (
        await Plan.select(Plan.id, Plan.key)
        .where(Plan.company == company_id)
        .order_by(Plan.version)
    )
    newest = {plan["key"]: plan["id"] for plan in plans}
    await Plan.update({Plan.current: False}).where(
        Plan.company == company_id, Plan.id.not_in(list(newest.values()))
    )
    await Plan.update({Plan.current: True}).where(Plan.id.is_in(list(newest.values())))


def _columns(record: Record) -> dict[str, Any]:
    return {
        name: json.dumps(value) if isinstance(value, list | tuple | dict) else value
        for name, value in record.items()
        if name != "prices"
    }


async def _write(row: Table, columns: Mapping[str, Any]) -> None:
    for name, value in columns.items():
        setattr(row, name, value)
    await row.save()
