"""A storefront as programs read it."""

from __future__ import annotations

from typing import Any

from portal.sites.storefront import Storefront


def site_shown(site: Storefront) -> dict[str, Any]:
    """Return what a program is told of a site."""
    return {
        "id": site.id,
        "object": "site",
        "number": site.number,
        "key": site.key,
        "name": site.name,
        "host": site.host,
        "company": site.company_id,
        "country": site.country,
        "currency": site.currency,
        "languages": list(site.languages),
        "plans": list(site.plan_keys),
        "default_plan": site.default_plan,
        "tax": site.tax,
        "tax_inclusive": site.tax_inclusive,
        "verify_email": site.verify_email,
        "terms_url": site.terms_url or None,
        "privacy_url": site.privacy_url or None,
        "success_url": site.success_url or None,
        "return_origins": list(site.return_origins),
    }
