"""Companies, as an operator names them at the command line."""

from __future__ import annotations

from portal.errors import PortalError
from portal.sites.tables import Company


async def keys_of_companies() -> dict[str, str]:
    """Return the key of each company, by its id."""
    found = await Company.select(Company.key, Company.id)
    return {str(row["id"]): str(row["key"]) for row in found}


async def company_named(key: str | None, refusal: type[PortalError]) -> str:
    """Return the id of the company of this key; without one, of the only company there is.

    Raises:
        refusal: there is no such company, or there are several to choose from.
    """
    known = {key: company for company, key in (await keys_of_companies()).items()}
    if key is None and len(known) == 1:
        return next(iter(known.values()))
    if key in known:
        return known[key]
    named = ", ".join(sorted(known)) or "none was declared yet"
    which = "Name the company with --company" if key is None else f"There is no company {key}"
    raise refusal(f"{which}: {named}.")
