"""Lists: newest first, in pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portal.sandbox.errors import invalid, no_such
from portal.sandbox.operations import Call
from portal.sandbox.rows import Row
from portal.sandbox.views import list_of, shown

PAGING = frozenset({"limit", "starting_after", "ending_before", "expand"})


def listed(call: Call, rows: Iterable[Row], what: str, known: Iterable[str] = ()) -> Row:
    """Give one page of rows that come oldest first; `known` names the filters already applied."""
    call.only(PAGING | {"created"} | set(known))
    params = call.params
    found = list(rows)
    if "created" in params:
        found = [row for row in found if is_within(_created(row), params["created"])]
    found.reverse()
    page, has_more = page_of(found, params, what)
    return list_of([shown(call.account, row) for row in page], call.path, has_more=has_more)


def page_of(found: list[Row], params: dict[str, Any], what: str) -> tuple[list[Row], bool]:
    """Give the page that was asked for of rows in their order, and whether more follow."""
    limit = limit_of(params)
    if before := params.get("ending_before"):
        end = _position(found, before, what, "ending_before")
        start = max(0, end - limit)
        return found[start:end], start > 0
    start = 0
    if after := params.get("starting_after"):
        start = _position(found, after, what, "starting_after") + 1
    return found[start : start + limit], len(found) > start + limit


def limit_of(params: dict[str, Any]) -> int:
    """Tell how many rows a page shall have."""
    limit: int = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid("Limit must be between 1 and 100.", "limit", "parameter_invalid_integer")
    return limit


def _position(found: list[Row], id: str, what: str, param: str) -> int:
    for position, row in enumerate(found):
        if row["id"] == id:
            return position
    raise no_such(what, id, param)


def _created(row: Row) -> int:
    """Tell when a row was created; an invoice item calls that its date."""
    return int(row["created"] if "created" in row else row["date"])


def is_within(moment: int | None, when: Any) -> bool:
    """Tell whether a moment is the one, or in the range, that a filter asks for."""
    if when is None or moment is None:
        return when is None
    if isinstance(when, int):
        return bool(moment == when)
    return bool(
        when.get("gt", -1) < moment
        and when.get("gte", 0) <= moment
        and moment < when.get("lt", moment + 1)
        and moment <= when.get("lte", moment)
    )


def matching(rows: Iterable[Row], params: dict[str, Any], *fields: str) -> list[Row]:
    """Keep the rows whose fields equal the parameters that were given."""
    wanted = [(field, params[field]) for field in fields if field in params]
    if not wanted:
        return list(rows)
    return [row for row in rows if all(row[field] == value for field, value in wanted)]
