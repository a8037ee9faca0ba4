"""What nobody can use any more is forgotten; what somebody can use stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import clock
from portal.access.sweep import forget_expired
from portal.access.tables import Draft, Flow, Rate, Session, SignInRequest


async def _rows_of(age: timedelta) -> None:
    then = clock.now() - age
    name = str(age.total_seconds())
    await SignInRequest(
        id=f"sign_{name}", company="comp_1", site="site_1", email="ada@example.com",
        email_key="ada@example.com", token_hash=name, browser_hash="b", draft="sealed",
        created_at=then, expires_at=then + timedelta(minutes=10),
    ).save()  # fmt: skip
    await Flow(onboarding=f"onbo_{name}", customer="c", browser_hash="b", created_at=then).save()
    await Session(
        id=f"session {name}", customer="c", site="s", signed_in_at=then, seen_at=then
    ).save()
    await Rate(key=name, empty_at=then.timestamp()).save()
    await Draft(
        id=f"drft_{name}", holder=name, site="site_1", answers="sealed", saved_at=then
    ).save()


@pytest.mark.parametrize(
    ("age", "kept"),
    [
        (timedelta(minutes=5), (1, 1, 1, 1, 1)),
        (timedelta(hours=23), (1, 1, 1, 1, 1)),
        (timedelta(hours=25), (0, 0, 1, 0, 1)),
        (timedelta(hours=49), (0, 0, 0, 0, 1)),
        (timedelta(days=7, minutes=1), (0, 0, 0, 0, 0)),
    ],
)
async def test_what_ran_out_is_gone(database: str, age: timedelta, kept: tuple[int, ...]) -> None:
    await _rows_of(age)

    await forget_expired()

    assert kept == (
        await SignInRequest.count(), await Flow.count(), await Session.count(), await Rate.count(),
        await Draft.count(),
    )  # fmt: skip
