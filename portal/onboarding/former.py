"""What somebody answered before, as the form's fields, so that it can be shown again."""

from __future__ import annotations

from portal.database import run_sql

_ASKED = """SELECT customer.email, customer.first_name, customer.last_name, customer.organisation,
 customer.tax_id, customer.phone, customer.country, customer.line1, customer.line2, customer.line3,
 customer.city, customer.state, customer.postal_code, onboarding.coupon, plan.key AS plan,
 price.interval, price.currency
 FROM onboarding JOIN customer ON customer.id = onboarding.customer
 LEFT JOIN price ON price.id = onboarding.price LEFT JOIN plan ON plan.id = onboarding.plan
 WHERE onboarding.site = {} AND onboarding.id = {}"""


async def former_answers_at(site_id: str, onboarding_id: str) -> dict[str, str]:
    """Return the answers of a sign-up by the form's fields; empty ones are left out.

    None at all if they were given at another site: no other may show them.
    """
    rows = await run_sql(_ASKED, site_id, onboarding_id)
    return {name: text for name, text in rows[0].items() if text} if rows else {}
