"""Write money and dates as the reader's country does."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache

from portal.words import translations

# Source: https://docs.stripe.com/currencies#zero-decimal and #three-decimal
_WITHOUT_DECIMALS = (
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga",
    "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf",
)  # fmt: skip
_clocks: ContextVar[tzinfo] = ContextVar("clocks", default=UTC)
_WITH_THREE = ("bhd", "jod", "kwd", "omr", "tnd")


def decimals_of(currency: str) -> int:
    """Return how many decimals Stripe's minor unit of a currency stands for."""
    if currency in _WITHOUT_DECIMALS:
        return 0
    return 3 if currency in _WITH_THREE else 2


@lru_cache(2048)
def money(amount: int, currency: str, locale: str = "en") -> str:
    """Write an amount of minor units, such as €12.00."""
    from babel.numbers import format_currency

    value = Decimal(amount).scaleb(-decimals_of(currency.lower()))
    return format_currency(value, currency.upper(), locale=locale.replace("-", "_"))


def charge_words(amount: int, currency: str, locale: str = "en", *, plus_tax: bool = False) -> str:
    """Write what will be charged, such as €12.00, or €12.00 plus tax where that comes on top."""
    written = money(amount, currency, locale)
    return taxed(written, locale) if plus_tax else written


def taxed(written: str, locale: str = "en") -> str:
    """Say of a written amount that tax comes on top."""
    return translations(locale).gettext("{amount} plus tax").format(amount=written)


def written_number(number: Decimal, locale: str = "en") -> str:
    """Write a number, such as 1,204.5."""
    from babel.numbers import format_decimal

    return format_decimal(number, locale=locale.replace("-", "_"))


def write_by(clocks: tzinfo) -> None:
    """Write every moment by the clocks of a reader, from now on, in whatever answers this request.

    Nobody's clocks are UTC's.
    """
    _clocks.set(clocks)


def written_date(when: datetime | date, locale: str = "en") -> str:
    """Write a day in full, such as 5 December 2026.

    A moment in UTC is written by the reader's clocks, one in another zone by the clocks there.
    """
    return _written_day(_there(when).date() if isinstance(when, datetime) else when, locale)


def written_moment(when: datetime, locale: str = "en") -> str:
    """Write a moment to the minute, such as 5 December 2026, 09:30 UTC."""
    said = translations(locale).gettext("{date}, {time}")
    return said.format(date=written_date(when, locale), time=f"{_there(when):%H:%M %Z}")


def _there(when: datetime) -> datetime:
    return when.astimezone(_clocks.get()) if when.tzinfo is UTC else when


@lru_cache(512)
def _written_day(day: date, locale: str) -> str:
    from babel.dates import format_date

    form = "d MMMM y" if locale.partition("-")[0] == "en" else "long"
    return format_date(day, form, locale=locale.replace("-", "_"))
