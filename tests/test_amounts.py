"""Money and dates, as the reader's country writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from portal.amounts import charge_words, decimals_of, money, taxed, written_date

# Source: https://docs.stripe.com/currencies
WHOLE = (
    *("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga"),
    *("pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"),
)
THREE = ["bhd", "jod", "kwd", "omr", "tnd"]


@pytest.mark.parametrize("currency", WHOLE)
def test_a_currency_without_minor_units_is_counted_whole(currency: str) -> None:
    assert decimals_of(currency) == 0
    assert "1,234" in money(1234, currency.upper())


@pytest.mark.parametrize("currency", THREE)
def test_a_thousandth_is_the_minor_unit_of_some(currency: str) -> None:
    assert decimals_of(currency) == 3
    assert "1.234" in money(1234, currency)


def test_all_others_have_hundredths() -> None:
    assert {decimals_of(currency) for currency in ("eur", "usd", "gbp", "isk", "twd")} == {2}
    assert money(1234, "eur") == "€12.34"


def test_tax_is_named_only_where_it_comes_on_top() -> None:
    assert charge_words(1200, "eur") == "€12.00"
    assert charge_words(1200, "eur", plus_tax=True) == "€12.00 plus tax"
    assert taxed("€1.00") == "€1.00 plus tax"


def test_the_readers_country_decides_how_it_is_written() -> None:
    assert money(120050, "eur", "de-AT") == money(120050, "eur", "de_AT") != money(120050, "eur")
    assert charge_words(1200, "eur", "de").startswith("12,00")


@pytest.mark.parametrize(
    ("locale", "written"),
    [("en", "5 December 2026"), ("en-US", "5 December 2026"), ("de", "5. Dezember 2026")],
)
def test_a_day_is_written_in_full(locale: str, written: str) -> None:
    assert written_date(date(2026, 12, 5)) == "5 December 2026"
    assert written_date(date(2026, 12, 5), locale) == written
    assert written_date(datetime(2026, 12, 5, 23, tzinfo=UTC), locale) == written
