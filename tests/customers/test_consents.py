"""What somebody agreed to is what they said last, and all that they ever said is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from portal.customers.consents import (
    EMAIL_MARKETING,
    TELEMARKETING,
    Answer,
    answer_consent,
    answers_of,
)
from portal.customers.tables import Consent
from portal.database import transaction
from portal.ids import new_id
from portal.sites.storefront import Storefront
from tests.access.conftest import a_customer

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SAID = st.tuples(
    st.sampled_from((EMAIL_MARKETING, TELEMARKETING)),
    st.booleans(),
    st.sampled_from(("1", "2", "2026-11")),
    st.sampled_from(("page", "account", "import")),
    # Seconds since the one before: a clock may be set back between them.
    st.integers(-3, 3),
)


@examples(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(SAID, max_size=12))
async def test_in_whatever_order_they_give_and_withdraw_the_last_answer_stands(
    site: Storefront, said: list[tuple[str, bool, str, str, int]]
) -> None:
    customer = str((await a_customer(site, f"{new_id('ada')}@example.com")).id)
    at, stands = NOON, dict[str, Answer]()
    kept: dict[str, list[Answer]] = {EMAIL_MARKETING: [], TELEMARKETING: []}

    for kind, given_now, version, source, seconds in said:
        at += timedelta(seconds=seconds)
        async with transaction():
            changed = await answer_consent(
                customer, kind, given_now, version=version, source=source, at=at
            )

        before = stands.get(kind)
        assert changed is (given_now is not (before is not None and before.given))
        if changed:
            noted = max(at, before.at + timedelta(microseconds=1)) if before else at
            stands[kind] = Answer(given_now, version, source, noted)
            kept[kind].append(stands[kind])
        assert await answers_of(customer) == stands

    for kind, answers in kept.items():
        rows = await Consent.select().where(Consent.customer == customer, Consent.kind == kind)
        found = [
            Answer(bool(row["given"]), row["text_version"], row["source"], row["at"])
            for row in sorted(rows, key=lambda row: row["at"])
        ]
        assert found == answers
