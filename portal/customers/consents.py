"""What a customer said yes or no to, and when: every answer is kept, the last one counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.customers.details import CustomerDetails
from portal.customers.tables import Consent
from portal.database import run_sql
from portal.ids import new_id

TERMS, EMAIL_MARKETING, TELEMARKETING = "terms", "email_marketing", "telemarketing"
_NEXT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """The last answer to one question: yes or no, to which text, at which door, and when."""

    given: bool
    text_version: str
    source: str
    at: datetime


async def answers_of(customer_id: str) -> dict[str, Answer]:
    """Return the last answer of a customer to each question they were ever asked."""
    rows = (
        await Consent.select()
        .where(Consent.customer == customer_id)
        .order_by(Consent.at, Consent.id)
    )
    return {row["kind"]: _answer(row) for row in rows}


async def answer_consent(
    customer_id: str, kind: str, given: bool, *, version: str, source: str, at: datetime
) -> bool:
    """Keep an answer if it is another than the last; call it in a transaction.

    It is never older than the one it takes the place of, though a clock was set back between them.
    """
    last = (await answers_of(customer_id)).get(kind)
    if (last is not None and last.given) == given:
        return False
    if last is not None:
        at = max(at, last.at + _NEXT)
    await _note(customer_id, kind, given, version, source, at)
    return True


def form_answers(details: CustomerDetails) -> dict[str, bool]:
    """Return what a form says yes to: an empty box there is no answer."""
    ticked = {TERMS: details.terms, EMAIL_MARKETING: details.email_marketing}
    return {kind: True for kind, is_ticked in ticked.items() if is_ticked}


async def note_consents(
    customer_id: str, answers: Mapping[str, bool], version: str, source: str, at: datetime
) -> None:
    """Keep the answers of somebody new; to what they were not asked, there is no row."""
    for kind, given in answers.items():
        await _note(customer_id, kind, given, version, source, at)


async def note_change_of_mind(customer_id: str, given: bool, at: datetime) -> None:
    """Keep another answer about mail than the last one, to the same text at the same door."""
    last = (await answers_of(customer_id)).get(EMAIL_MARKETING)
    version, source = (last.text_version, last.source) if last else ("1", "page")
    await answer_consent(customer_id, EMAIL_MARKETING, given, version=version, source=source, at=at)


def _answer(row: Mapping[str, Any]) -> Answer:
    return Answer(bool(row["given"]), row["text_version"], row["source"], row["at"])


async def _note(
    customer_id: str, kind: str, given: bool, version: str, source: str, at: datetime
) -> None:
    await run_sql(
        "INSERT INTO consent (id, customer, kind, given, text_version, source, at)"
        " VALUES ({}, {}, {}, {}, {}, {}, {})",
        *(new_id("cons"), customer_id, kind, given, version, source, at),
    )
