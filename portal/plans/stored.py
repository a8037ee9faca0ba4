"""Our rows as records, to be compared with a declaration."""

from __future__ import annotations

import json
from typing import Any

from portal.plans.catalogue import ADD_ON
from portal.plans.difference import Record
from portal.plans.tables import Plan, Price
from portal.sites.tables import Company, Site

_COMPANY = ("name", "support_email", "support_url")
_PLAN = (
    "name", "description", "trial_days", "trial_without_card", "downgrade", "pausable",
    "visibility", "recommended",
)  # fmt: skip
_PLAN_JSON = ("features", "next_steps", "add_ons", "quantity")
_ADD_ON = ("name", "description", "visibility")
_ADD_ON_JSON = ("quantity", "usage")
_SITE = ("name", "host", "country", "currency", "default_plan", "tax", "tax_inclusive")
_SITE_MORE = (
    *("verify_email", "layout", "passwords", "passkeys", "market", "withdrawal_refund"),
    *("terms_url", "privacy_url", "terms_version", "success_url"),
)
_SITE_JSON = ("plans", "tax_rates", "fields", "limits", "brand", "return_origins")


async def stored_records(company_key: str) -> dict[str, Record]:
    """Return the records of a company, its plans (newest versions) and its sites."""
    company = await Company.select().where(Company.key == company_key).first()
    if company is None:
        return {}
    records: dict[str, Record] = {f"company {company_key}": _picked(company, _COMPANY)}
    plans = await Plan.select().where(Plan.company == company["id"]).order_by(Plan.version)
    for plan in {plan["key"]: plan for plan in plans}.values():
        what = "add-on" if plan["visibility"] == ADD_ON else "plan"
        records[f"{what} {plan['key']}"] = await stored_plan(plan)
    for site in await Site.select().where(Site.company == company["id"]):
        records[f"site {site['key']}"] = (
            _picked(site, (*_SITE, *_SITE_MORE))
            | {name: json.loads(site[name]) for name in _SITE_JSON}
            | {"languages": site["languages"].split(",")}
        )
    return records


async def stored_plan(plan: dict[str, Any]) -> Record:
    """Return one version of a plan or add-on, with its prices, as a record."""
    prices = await Price.select().where(Price.plan == plan["id"])
    is_add_on = plan["visibility"] == ADD_ON
    return (
        _picked(plan, (*(_ADD_ON if is_add_on else _PLAN), "position"))
        | {
            name: json.loads(plan[name] or "null")
            for name in (_ADD_ON_JSON if is_add_on else _PLAN_JSON)
        }
        | {
            "prices": dict(
                sorted((f"{p['interval']} {p['currency']}", p["amount"]) for p in prices)
            )
        }
    )


def _picked(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, object]:
    return {name: row[name] for name in names}
