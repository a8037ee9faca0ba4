"""How a customer wants to be written to: language, time zone, and what they agree to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from portal import clock
from portal.audit.record import record
from portal.customers.at_stripe import UPDATE_CUSTOMER
from portal.customers.consents import EMAIL_MARKETING, TELEMARKETING, answer_consent
from portal.customers.erased import refuse_erased
from portal.customers.tables import Customer
from portal.customers.time_zone import time_zones
from portal.customers.told import UPDATED, tell_of
from portal.database import run_sql, transaction
from portal.errors import InvalidDetails, Problem
from portal.operations.enqueue import enqueue, lane_of_customer
from portal.operations.wake import wake
from portal.sites.storefront import Storefront

_LANGUAGE = Problem("language_invalid", "Choose a language from the list.")
_TIME_ZONE = Problem("time_zone_invalid", "Choose a time zone from the list.")
_TICKED = "on"


@dataclass(frozen=True, slots=True)
class Preferences:
    """A language and a time zone ("" is none), and a yes or no to each question that was asked."""

    locale: str
    time_zone: str
    consents: Mapping[str, bool]


def languages_for(customer: Customer, site: Storefront) -> tuple[str, ...]:
    """Return the languages to choose from: the site's, and the one they have."""
    return tuple(dict.fromkeys((*site.languages, customer.locale)))


def questions_for(answered: Collection[str]) -> tuple[str, ...]:
    """Return what they may say yes or no to: calls only if they were ever asked about those."""
    return (EMAIL_MARKETING, *(kind for kind in (TELEMARKETING,) if kind in answered))


def read_preferences(
    typed: Mapping[str, str], languages: Collection[str], questions: Collection[str]
) -> Preferences:
    """Read the form.

    Raises:
        InvalidDetails: every problem at once.
    """
    locale, zone = typed.get("locale", ""), typed.get("time_zone", "")
    problems = {}
    if locale not in languages:
        problems["locale"] = _LANGUAGE
    if zone and zone not in time_zones():
        problems["time_zone"] = _TIME_ZONE
    if problems:
        raise InvalidDetails(problems)
    return Preferences(locale, zone, {kind: typed.get(kind) == _TICKED for kind in questions})


async def change_preferences(
    customer: Customer, site: Storefront, wanted: Preferences, *, actor: str = "customer"
) -> None:
    """Keep what they prefer; each answer with its time and the text it is to. Safe to repeat.

    Raises:
        CustomerErased: nothing is written of them any more.
    """
    now, customer_id = clock.now(), str(customer.id)
    async with transaction():
        await refuse_erased(customer_id)
        changed = [
            kind
            for kind, given in wanted.consents.items()
            if await answer_consent(
                customer_id, kind, given, version=site.terms_version, source="account", at=now
            )
        ]
        if wanted.time_zone != customer.time_zone:
            changed.append("time_zone")
        if wanted.locale != customer.locale:
            changed.append("locale")
            await _tell_stripe(site.company_id, customer_id, wanted.locale)
        if changed:
            await _write(customer_id, wanted, now)
            await record(
                "customer.preferences_changed",
                company=site.company_id,
                actor=actor,
                object_id=customer_id,
                fields=changed,
            )
            await tell_of(UPDATED, customer_id, company=site.company_id)
    wake()


async def _tell_stripe(company: str, customer: str, locale: str) -> None:
    await enqueue(
        UPDATE_CUSTOMER,
        company=company,
        lane=lane_of_customer(customer),
        params={"preferred_locales": [locale]},
        customer=customer,
    )


async def _write(customer: str, wanted: Preferences, now: datetime) -> None:
    await run_sql(
        "UPDATE customer SET locale = {}, time_zone = {}, version = version + 1,"
        " updated_at = {} WHERE id = {}",
        *(wanted.locale, wanted.time_zone, now, customer),
    )
