"""What somebody answered before, as the form's fields, so that it can be shown again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from portal.database import run_sql

_SELECT = """SELECT customer.email, customer.first_name, customer.last_name, customer.organisation,
 customer.tax_id, customer.phone, customer.country, customer.line1, customer.line2, customer.line3,
 customer.city, customer.state, customer.postal_code, onboarding.coupon, plan.key AS plan,
 price.interval, price.currency
 FROM onboarding JOIN customer ON customer.id = onboarding.customer
 LEFT JOIN price ON price.id = onboarding.price LEFT JOIN plan ON plan.id = onboarding.plan
 WHERE onboarding.id = {}"""


async def former_answers(onboarding_id: str) -> dict[str, str]:
    """Return the answers of a sign-up by the form's fields; empty ones are left out."""
    return _filled(await run_sql(_SELECT, onboarding_id))


async def former_answers_at(site_id: str, onboarding_id: str) -> dict[str, str]:
    """Return the answers of a sign-up if they were given at this site: no other may show them."""
    return _filled(await run_sql(_SELECT + " AND onboarding.site = {}", onboarding_id, site_id))


def _filled(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {name: text for name, text in rows[0].items() if text} if rows else {}
