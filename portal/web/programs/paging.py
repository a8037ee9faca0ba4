"""Lists, a page at a time: what may be asked of one, and how it is told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from portal.errors import Problem
from portal.web.programs.problems import Path, WrongValues

MOST = 100
_DIGITS = re.compile(r"([0-9]{1,9})(?:\.0+)?", re.ASCII)
_BOTH = Problem("both_cursors", "Send starting_after or ending_before, not both.")
_NO_TIME = Problem("time_invalid", "Send a time such as 2026-01-31T12:00:00Z.")
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?Z)?$"


class BothCursors(WrongValues):
    """A page cannot begin behind one thing and end before another."""

    code = "both_cursors"
    sentence = "Send starting_after or ending_before, not both."


def _number(value: Any) -> Any:
    """Take digits alone for a number, as the schema says: no sign, blank or underscore."""
    found = _DIGITS.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) if found else value if isinstance(value, int) else None


Limit = Annotated[int, Field(ge=1, le=MOST), BeforeValidator(_number)]
Time = Annotated[str, Field(pattern=_TIME, description="ISO 8601, in UTC.")]
Cursor = Annotated[str, Field(pattern=r"^[a-z]{2,5}_[0-9A-Za-z]{1,60}$")]


class Paged(BaseModel):
    """Which page of a list is wanted."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    limit: Limit = 20
    starting_after: Cursor | None = None
    ending_before: Cursor | None = None


class PagedByTime(Paged):
    """Which page, of what was made between these moments."""

    created_gt: Time | None = Field(None, alias="created[gt]")
    created_gte: Time | None = Field(None, alias="created[gte]")
    created_lt: Time | None = Field(None, alias="created[lt]")
    created_lte: Time | None = Field(None, alias="created[lte]")

    def bounds(self) -> dict[Any, datetime]:
        """Return the moments, by gt, gte, lt and lte.

        Raises:
            WrongValues: one of them is on no calendar.
        """
        told = {name: getattr(self, f"created_{name}") for name in ("gt", "gte", "lt", "lte")}
        problems: dict[Path, Problem] = {}
        found = {}
        for name, text in told.items():
            if text is not None:
                try:
                    found[name] = datetime.fromisoformat(text).replace(tzinfo=UTC)
                except ValueError:
                    problems[(f"created[{name}]",)] = _NO_TIME
        if problems:
            raise WrongValues(problems)
        return found


def refuse_both(page: Paged) -> None:
    """See that one cursor at most was sent.

    Raises:
        BothCursors: both were.
    """
    if page.starting_after and page.ending_before:
        raise BothCursors({("ending_before",): _BOTH})


def listed(rows: Sequence[Mapping[str, Any]], *, has_more: bool, url: str) -> dict[str, Any]:
    """Tell a page of a list."""
    return {"object": "list", "url": url, "has_more": has_more, "data": list(rows)}
