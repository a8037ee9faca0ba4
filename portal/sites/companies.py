"""Companies, as an operator names them at the command line."""

from __future__ import annotations

from portal.errors import PortalError
from portal.sites.tables import Company


async def company_named(key: str | None, refusal: type[PortalError]) -> str:
    """Return the id of the company of this key; without one, of the only company there is.

    Raises:
        refusal: there is no such company, or there are several to choose from.
    """
    known = {row["key"]: str(row["id"]) for row in await Company.select(Company.key, Company.id)}
    if key is None and len(known) == 1:
        return next(iter(known.values()))
    if key in known:
        return known[key]
    named = ", ".join(sorted(known)) or "none was declared yet"
    which = "Name the company with --company" if key is None else f"There is no company {key}"
    raise refusal(f"{which}: {named}.")
