"""One endpoint of a seller's: its row, and its secrets, which lie sealed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal import clock
from portal.database import is_sqlite, run_sql
from portal.deliveries.signature import Secret
from portal.errors import NotFound, PortalError
from portal.sealing import seal, unseal

_SEALED_FOR = "webhook endpoint"


class NoSuchEndpoint(NotFound):
    """There is none by that id, or not of this company."""

    sentence = "We do not know that webhook endpoint."


class EndpointIsOff(PortalError):
    """Nothing is sent to an endpoint that is off, gone or removed."""

    status = 409
    code = "endpoint_is_off"
    sentence = "That webhook endpoint is off. Turn it on first."


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of a seller's: state is on, off (`why` says by whom) or gone (it said so)."""

    id: str
    company: str
    site: str
    url: str
    types: tuple[str, ...]
    state: str
    why: str
    failing_since: datetime | None
    created_at: datetime
    updated_at: datetime


async def row_of(company: str, endpoint: str, *, hold: bool = False) -> dict[str, Any]:
    """Return an endpoint's row, held until the transaction ends if so wished.

    Raises:
        NoSuchEndpoint: this company has none by that id.
    """
    held = " FOR UPDATE" if hold and not is_sqlite() else ""
    sql = f"SELECT * FROM webhook_endpoint WHERE id = {{}} AND company = {{}}{held}"  # noqa: S608
    rows = await run_sql(sql, endpoint, company)
    if not rows:
        raise NoSuchEndpoint
    return rows[0]


def endpoint_of(row: dict[str, Any]) -> Endpoint:
    """Read a row."""
    same = ("id", "company", "site", "url", "state", "why")
    return Endpoint(
        **{name: row[name] for name in same},
        types=tuple(json.loads(row["types"])),
        failing_since=clock.stored_time(row["failing_since"]),
        created_at=clock.stored_moment(row["created_at"]),
        updated_at=clock.stored_moment(row["updated_at"]),
    )


def secrets_of(sealed: str) -> tuple[Secret, ...]:
    """Read an endpoint's secrets, the newest first."""
    return tuple(
        Secret(one["text"], datetime.fromisoformat(one["until"]) if one["until"] else None)
        for one in json.loads(unseal(sealed, _SEALED_FOR))
    )


def sealed_secrets(known: Sequence[Secret]) -> str:
    """Write them down for the row."""
    listed = [
        {"text": one.text, "until": one.until.isoformat() if one.until else None} for one in known
    ]
    return seal(json.dumps(listed), _SEALED_FOR)
