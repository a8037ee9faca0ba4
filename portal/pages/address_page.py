"""A page of the account that asks for an address: its fields follow the country."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.customers.address import form_of
from portal.customers.countries import countries
from portal.errors import Problem
from portal.sites.storefront import Storefront
from portal.web.answers import Answer, PageRequest, page
from portal.web.rendering import locale_of
from portal.web.scope import scope_of


def with_country(site: Storefront, typed: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed, with the site's country where none was chosen."""
    return {**typed, "country": typed.get("country") or site.country}


def address_page(
    request: PageRequest,
    site: Storefront,
    template: str,
    shown: Mapping[str, str],
    errors: Mapping[str, Problem],
    *,
    status: int = 200,
    saved: bool = False,
    **more: Any,
) -> Answer:
    """Answer with the form as it is, or with everything that is wrong in it."""
    locale = locale_of(scope_of(request), site)
    return page(
        request,
        template,
        status=status,
        current="account.details",
        typed=shown,
        errors=errors,
        address=form_of(shown["country"], locale),
        countries=countries(locale),
        is_saved=saved and not errors,
        **more,
    )
