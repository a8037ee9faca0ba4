"""Find the storefront a request is for."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.errors import DatabaseBusy, NotFound
from portal.sites.branding import Branding, branding_of
from portal.sites.limits import LIMITS
from portal.sites.market import market_of
from portal.sites.tables import Company, Site

_KEPT_S = 2.0
_LAST_SEEN: dict[str, tuple[float, tuple[Storefront, ...]]] = {}


class NoSites(NotFound):
    """Nothing was declared yet."""

    code = "no_sites"
    sentence = "There is no storefront here yet. The operator declares one with `portal apply`."


class UnknownSite(NotFound):
    """The request names a site that we do not have."""

    code = "unknown_site"
    sentence = "We do not know that site."


@dataclass(frozen=True, slots=True)
class Storefront:
    """A site with what its company adds: all a door needs to know, read together.

    tax is none, rates or automatic; verify_email is off, after or before; fields maps names, phone
    and organisation to off, optional or required; limits maps each of sites/limits.py to a number;
    layout is page or steps; passwords and passkeys are off or on; market is none, eu or de;
    withdrawal_refund is full, unused or by_hand.
    """

    id: str
    number: int
    key: str
    name: str
    host: str | None
    company_id: str
    company_key: str
    company_name: str
    support_email: str
    support_url: str
    country: str
    currency: str
    languages: tuple[str, ...]
    plan_keys: tuple[str, ...]
    default_plan: str | None
    tax: str
    tax_rates: tuple[str, ...]
    tax_inclusive: bool
    verify_email: str
    fields: Mapping[str, str]
    limits: Mapping[str, int]
    layout: str
    brand: Branding
    terms_url: str
    privacy_url: str
    terms_version: str
    success_url: str
    portal_configuration: str | None
    passwords: str = "off"
    passkeys: str = "off"
    market: str = "none"
    withdrawal_refund: str = "full"
    return_origins: tuple[str, ...] = ()


async def find_site(host: str | None, named: str | None = None) -> Storefront:
    """Return the site that is named (by id, number or key), else the host's, else the first.

    Sites are read at most every two seconds: a change reaches every process within that time.

    Raises:
        UnknownSite: one was named that we do not have.
        NoSites: none was declared yet.
    """
    sites = await all_sites()
    if named:
        return _named(sites, named)
    if not sites:
        raise NoSites
    name = (host or "").rsplit(":", 1)[0].lower()
    return next((site for site in sites if site.host and site.host == name), sites[0])


async def site_of(site_id: str) -> Storefront:
    """Return the site with this id."""
    return _named(await all_sites(), site_id)


async def all_sites() -> tuple[Storefront, ...]:
    """Return every site, in the order of their numbers; remembered for two seconds.

    While the database cannot be asked they are those of before, so that forms can be shown again.
    """
    read_at, sites = _LAST_SEEN.get("sites", (0.0, ()))
    if not sites or time.monotonic() - read_at > _KEPT_S:
        try:
            sites = await _read()
        except DatabaseBusy:
            if not sites:
                raise
            return sites
        _LAST_SEEN["sites"] = (time.monotonic(), sites)
    return sites


def forget_sites() -> None:
    """Read the sites anew at the next request."""
    _LAST_SEEN.clear()


def _named(sites: tuple[Storefront, ...], named: str) -> Storefront:
    for site in sites:
        if named in (site.id, site.key, str(site.number)):
            return site
    raise UnknownSite


async def _read() -> tuple[Storefront, ...]:
    companies = {row["id"]: row for row in await Company.select()}
    rows = await Site.select().order_by(Site.number)
    return tuple(_storefront(row, companies[row["company"]]) for row in rows)


def _storefront(row: dict[str, Any], company: dict[str, Any]) -> Storefront:
    same = ("id", "number", "key", "name", "host", "country", "currency", "default_plan", "tax")
    plain = ("tax_inclusive", "verify_email", "layout", "passwords", "passkeys")
    links = ("terms_url", "privacy_url", "terms_version", "success_url", "withdrawal_refund")
    return Storefront(
        **{name: row[name] for name in (*same, *plain, *links)},
        market=market_of(row["market"], row["country"]),
        company_id=company["id"],
        company_key=company["key"],
        company_name=company["name"],
        support_email=company["support_email"],
        support_url=company["support_url"],
        portal_configuration=company["portal_configuration"],
        languages=tuple(tag.strip() for tag in row["languages"].split(",") if tag.strip()),
        plan_keys=tuple(json.loads(row["plans"])),
        tax_rates=tuple(json.loads(row["tax_rates"])),
        return_origins=tuple(json.loads(row["return_origins"])),
        fields={"names": "optional", "phone": "optional", "organisation": "off"}
        | json.loads(row["fields"]),
        limits={**LIMITS, **json.loads(row["limits"])},
        brand=branding_of(json.loads(row["brand"])),
    )
