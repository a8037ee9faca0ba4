"""What the commands about programs' keys do, once their words are read."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from portal import clock
from portal.access.key_text import PUBLISHABLE, SECRET
from portal.access.keys import SCOPES, create_key, list_keys, revoke_key
from portal.commands import opened
from portal.errors import PortalError
from portal.sites.companies import company_named
from portal.sites.storefront import find_site


class CannotMakeKey(PortalError):
    """What was asked for is not there."""


async def create(
    label: str,
    company: str | None,
    publishable: bool,
    scopes: Collection[str],
    sites: Collection[str],
    days: int | None,
) -> str:
    """Make a key; return its text, which nobody can tell again."""
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise CannotMakeKey(f"There is no scope {unknown[0]}; there are: {', '.join(SCOPES)}.")
    async with opened():
        seller = await company_named(company, CannotMakeKey)
        found = [await find_site(None, named) for named in sites]
        if any(site.company_id != seller for site in found):
            raise CannotMakeKey("Not every one of these sites is the company's.")
        made = await create_key(
            seller,
            kind=PUBLISHABLE if publishable else SECRET,
            scopes=scopes or SCOPES,
            sites=[site.id for site in found],
            label=label,
            expires_at=clock.now() + timedelta(days=days) if days else None,
        )
    return made.text


async def listed(company: str | None) -> list[str]:
    """Return a line for each key of a company."""
    async with opened():
        keys = await list_keys(await company_named(company, CannotMakeKey))
    return [_line(key) for key in keys] or ["There are no keys."]


async def revoke(key_id: str) -> None:
    """End a key at once."""
    async with opened():
        await revoke_key(key_id)


def _line(key: Mapping[str, Any]) -> str:
    mode = "live" if key["livemode"] else "test"
    start = f"portal_{mode}_{key['kind']}_{key['public_id']}_…"
    state = "revoked" if key["revoked_at"] else "live"
    if state == "live" and key["expires_at"] is not None and key["expires_at"] <= clock.now():
        state = "expired"
    used = key["last_used_at"]
    when = f"last used {used:%Y-%m-%d %H:%M}" if used else "never used"
    may = " ".join(json.loads(key["scopes"]))
    return f"{key['id']}  {start}  {state}, {when}  {key['label'] or '-'}  {may}"
