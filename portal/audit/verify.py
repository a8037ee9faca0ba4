"""Verify the audit trail: read each company's chain from its beginning until it breaks."""

# ruff: noqa: S608
# What is put together into SQL here are constants of ours.

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from portal.audit.chain import Entry, Fault, Follower, columns
from portal.database import run_sql

PAGE = 1000
# Below any number that we give: a row that somebody put there is to be seen.
_LOWEST = -(2**63)


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found of one company's chain.

    Attributes:
        count: how many entries are whole, from the first.
        head: the hash of the last of these.
        heads: which of the hashes that were looked for are among these.
        waiting: how many entries are not sealed yet.
    """

    company: str
    count: int
    head: str
    heads: frozenset[str]
    waiting: int
    fault: Fault | None


async def verify_trail(noted: Collection[str] = ()) -> AsyncIterator[Verified]:
    """Verify the chain of each company, and look in it for heads that were noted down before."""
    companies = await run_sql(
        "SELECT company FROM audit_entry UNION SELECT id AS company FROM company ORDER BY 1"
    )
    for row in companies:
        yield await _verify_chain(row["company"], frozenset(noted))


async def _verify_chain(company: str, noted: frozenset[str]) -> Verified:
    chain, fault = Follower(), None
    heads: set[str] = set()
    async for entry in _chain_of(company):
        if fault := chain.follow(entry):
            break
        heads |= noted & {chain.head}
    (waits,) = await run_sql(
        "SELECT COUNT(*) AS count FROM audit_entry WHERE number IS NULL AND company = {}", company
    )
    fault = fault or chain.end()
    return Verified(company, chain.number, chain.head, frozenset(heads), waits["count"], fault)


async def _chain_of(company: str) -> AsyncIterator[Entry]:
    """Give a chain's entries a page at a time: by both columns, should a number be there twice."""
    number, id = _LOWEST, -1
    while True:
        page = await run_sql(
            f"SELECT {columns()} FROM audit_entry WHERE company = {{}} AND number >= {{}}"
            " AND (number > {} OR id > {}) ORDER BY number, id LIMIT {}",
            *(company, number, number, id, PAGE),
        )
        for entry in page:
            yield entry
        if len(page) < PAGE:
            return
        number, id = page[-1]["number"], page[-1]["id"]
