"""Everything we hold about a customer, as one file for them to keep."""

# ruff: noqa: S608
# What is put together into SQL here are names of our own tables.

from __future__ import annotations

import asyncio
import io
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from portal import clock
from portal.access.limits import DAY, HOUR, never_more, wait_before
from portal.audit.record import record
from portal.billing.billed_invoices import ListedInvoice
from portal.customers.avatar import avatar_of, avatar_version
from portal.database import run_sql, transaction
from portal.errors import EffectError, TooMany
from portal.privacy.holdings import HOLDINGS, LEFT_OUT, Holding
from portal.privacy.sheets import as_csv, as_json
from portal.subscriptions.invoices import invoices_of

MOST_ROWS = 10_000
"""Of one table, the newest: a download is made in memory."""
_MOST_PAGES = 20
_AN_HOUR, _A_DAY = 10, 30
_NOT_TOLD = "The payment service did not answer: ask for the file again in a while."


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a download: its name, its columns, its rows, and whether there were more."""

    name: str
    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    is_cut: bool = False


async def export(customer: str, company: str) -> bytes:
    """Return everything we hold about a customer, as a zip of one JSON and a CSV for each table.

    Never what opens their account. The invoices are fetched; where Stripe does not tell, the JSON
    says so.

    Raises:
        TooMany: ten times within the hour, or thirty within the day.
    """
    most = {
        f"export:hour:{customer}": never_more(_AN_HOUR, HOUR),
        f"export:day:{customer}": never_more(_A_DAY, DAY),
    }
    if wait := await wait_before(most):
        raise TooMany(again_in=wait)
    tables = [await _told(holding, customer) for holding in HOLDINGS]
    invoices = await _invoices(customer)
    now = clock.now()
    picture = await avatar_of(customer, await avatar_version(customer))
    packed = await asyncio.to_thread(_zip, tables, invoices, picture, now)
    async with transaction():
        await record(
            "customer.data_downloaded", company=company, actor="customer", object_id=customer
        )
    return packed


def file_name() -> str:
    """Name the file by the day on which it is made."""
    return f"my-data-{clock.now():%Y-%m-%d}.zip"


async def _told(holding: Holding, customer: str) -> Table:
    name, kept = holding.table._meta.tablename, holding.table._meta.primary_key._meta.name
    rows = await run_sql(
        f"SELECT * FROM {name} WHERE {holding.found_by} ORDER BY {kept} DESC LIMIT {{}}",
        *([customer] * holding.found_by.count("{}")),
        MOST_ROWS + 1,
    )
    columns = tuple(
        column._meta.name
        for column in holding.table._meta.columns
        if column._meta.name not in holding.left_out
    )
    told = [{column: row[column] for column in columns} for row in rows[:MOST_ROWS]]
    return Table(name, columns, told, is_cut=len(rows) > MOST_ROWS)


async def _invoices(customer: str) -> Table | None:
    found: list[ListedInvoice] = []
    after = None
    try:
        for _ in range(_MOST_PAGES):
            page = await invoices_of(customer, after)
            found.extend(page.invoices)
            if (after := page.next_after) is None:
                break
    except EffectError:
        return None
    rows = [asdict(one) for one in found]
    return Table("invoice", tuple(ListedInvoice.__slots__), rows, is_cut=after is not None)


def _zip(
    tables: list[Table], invoices: Table | None, picture: bytes | None, now: datetime
) -> bytes:
    everything = [*tables, *filter(None, (invoices,))]
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as file:
        file.writestr("everything.json", as_json(_document(everything, invoices is not None, now)))
        for table in everything:
            file.writestr(f"{table.name}.csv", as_csv(table.columns, table.rows))
        if picture:
            file.writestr("picture.webp", picture)
    return packed.getvalue()


def _document(tables: list[Table], has_invoices: bool, now: datetime) -> dict[str, Any]:
    left_out: dict[str, Any] = {
        holding.table._meta.tablename: dict(holding.left_out)
        for holding in HOLDINGS
        if holding.left_out
    }
    left_out |= {table._meta.tablename: reason for table, reason in LEFT_OUT.items()}
    if not has_invoices:
        left_out["invoice"] = _NOT_TOLD
    return {
        "made_at": now,
        "left_out": left_out,
        "only_the_newest": {table.name: MOST_ROWS for table in tables if table.is_cut},
        "tables": {table.name: table.rows for table in tables},
    }
