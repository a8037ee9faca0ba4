"""Cards' numbers, keys, secrets and who was before a program are nowhere but where they belong."""

from __future__ import annotations

import pytest

from portal import logs
from portal.app import Portal
from tests.api.canaries import BEFORE, CARD, NAME, WRITTEN, Seen, life
from tests.databases import ON_SQLITE

REFUSED = ("value", "name", "origin", "brackets", "form")


@ON_SQLITE
async def test_canaries_are_nowhere_but_where_they_belong(portal: Portal) -> None:
    async with life(portal) as seen:
        pass

    # A part of the control: what belongs there is seen there.
    assert seen.places_of(NAME) >= {"answers", "webhooks", "customer", "webhook_event"}
    assert "log" not in seen.places_of(NAME)
    assert seen.places_of(CARD) == set()
    for name, secret in seen.secrets.items():
        assert seen.places_of(secret) == set(), name
    for name, told in BEFORE.items():
        assert seen.places_of(told) == {"audit_origin"}, name
    assert [
        f"{one.operation.method} {one.operation.path} ({one.how}): {one.answer.status_code}"
        for one in seen.asked
        if one.answer.status_code >= 500
        or (one.how.split()[0] in REFUSED and one.answer.status_code != 400)
    ] == []
    assert {"path", "query", "value", "origin"} <= {one.how.split()[0] for one in seen.asked}
    assert "Traceback" in seen.log, "the life must have gone through this"


@ON_SQLITE
async def test_where_canaries_are_let_through_they_are_seen(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same life with a log that is not redacted; and cards however written."""

    def whole(_logger: object, _name: str, line: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in line.items() if name != logs._QUOTED}

    monkeypatch.setattr(logs, "_without_secrets", whole)
    async with life(portal) as seen:
        pass

    assert all(Seen(log=written).places_of(CARD) == {"log"} for written in WRITTEN)
    for canary in (CARD, seen.secrets["key"], *BEFORE.values()):
        assert "log" in seen.places_of(canary), canary
