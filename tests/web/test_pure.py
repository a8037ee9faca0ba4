"""The plain functions behind the pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.amounts import money, written_date
from portal.plans.calendar import after_months
from portal.settings import configure
from portal.web.client import right_most
from portal.web.compression import gzipped, takes_gzip
from portal.web.cookies import read_cookie, set_cookie
from portal.web.form_token import LASTS, is_our_token, new_token
from portal.web.headers import content_policy
from portal.web.languages import accepted_tags, choose_locale, currency_of, region_of
from portal.web.redirects import own_path

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

BYPASSES = [
    "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example",
    "\\/evil.example", "/\\/evil.example", "https://evil.example", "http://evil.example",
    "HTTPS://evil.example", "https:evil.example", "https:/evil.example", "https:///evil.example",
    "https:\\\\evil.example", "//evil.example/%2f..", "/%2f/evil.example", "/%2F%2Fevil.example",
    "/%5cevil.example", "/%5C%5Cevil.example", "/%09/evil.example", "/\t/evil.example",
    "\t//evil.example", " //evil.example", "\n//evil.example", "/\n/evil.example",
    "/\r\n/evil.example", "\x00//evil.example", "/\x00/evil.example", "\u2028//evil.example",
    "//evil。example", "/／evil.example", "／／evil.example", "//evil.example:443", 
    "//a@evil.example",
    "https:@evil.example", "https://portal@evil.example", "javascript:alert(1)",
    "JavaScript:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "vbscript:x", 
    "mailto:x@y",
    "evil.example", "./evil", "../evil", "?next=//evil.example", "#//evil.example", "",
    ".evil.example", "@evil.example", ":evil", "/..//evil.example", "/.//evil.example",
    "/account/..//evil.example", "/account//evil.example", "/%252f%252fevil.example",
    "/%00/evil.example", "/%0d%0aLocation:%20//evil.example", "/\u00a0/evil.example",
    "/account\u202e", "/account é", "//[::1]/", "//0x7f000001", "ftp://evil.example", 
    "/;@evil/..//x",
]  # fmt: skip


@pytest.mark.parametrize("wanted", BYPASSES)
def test_no_trick_leads_away_from_us(wanted: str) -> None:
    assert own_path(wanted, "/account") == "/account"


@pytest.mark.parametrize("wanted", ["/", "/account", "/signup?plan=a&next=//x", "/welcome#top"])
def test_our_own_paths_are_kept(wanted: str) -> None:
    assert own_path(wanted, "/other") == wanted


def test_a_token_is_good_for_its_browser_its_site_and_a_day() -> None:
    token = new_token("browser", "site_1", NOW)

    assert is_our_token(token, "browser", "site_1", NOW)
    assert is_our_token(token, "browser", "site_1", NOW + LASTS)
    assert not is_our_token(token, "browser", "site_1", NOW + LASTS + timedelta(seconds=1))
    assert not is_our_token(token, "browser", "site_2", NOW)
    assert not is_our_token(token, "other", "site_1", NOW)
    assert not is_our_token(token, "browser", "site_1", NOW - timedelta(hours=1))


@given(st.text())
def test_no_text_is_our_token(text: str) -> None:
    assert not is_our_token(text, "browser", "site_1", NOW)


@given(st.text())
def test_any_accept_language_is_read(text: str) -> None:
    assert choose_locale(("en", "de"), text) in ("en", "de")
    assert region_of(text) is None or len(region_of(text) or "") == 2


@pytest.mark.parametrize(
    ("accepted", "locale"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"), ("fr;q=0.9,de;q=0.1", "de"), ("fr", "en"), ("", "en"),
        ("en;q=0.5,de;q=0.6", "de"), ("de;q=0,en", "en"), ("pt-PT", "pt-BR"), ("*", "en"),
    ],
)  # fmt: skip
def test_the_best_liked_language_on_offer_is_chosen(accepted: str, locale: str) -> None:
    assert choose_locale(("en", "de", "pt-BR"), accepted) == locale


def test_languages_come_in_the_order_they_are_liked() -> None:
    assert accepted_tags("en;q=0.5, de-DE, fr;q=0.7, *;q=0") == ("de-de", "fr", "en")


def test_a_country_s_present_currency_is_found() -> None:
    assert currency_of("HR", ("usd", "eur")) == "eur"
    assert currency_of("US", ("eur",)) is None
    assert currency_of(None, ("eur",)) is None


def test_money_has_the_decimals_of_its_currency() -> None:
    assert money(1200, "eur") == "€12.00"
    assert money(1200, "jpy") == "¥1,200"
    assert money(12345, "kwd").endswith("12.345")
    assert money(1200, "eur", "de") == "12,00\u00a0€"


def test_dates_are_written_in_full() -> None:
    assert written_date(datetime(2026, 12, 5, tzinfo=UTC)) == "5 December 2026"
    assert written_date(date(2026, 12, 5), "de") == "5. Dezember 2026"


def test_the_last_day_of_a_month_stays_the_last() -> None:
    assert after_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert after_months(date(2027, 12, 31), 2) == date(2028, 2, 29)
    assert after_months(date(2026, 11, 21), 12) == date(2027, 11, 21)


def test_an_address_is_what_no_proxy_of_ours_added() -> None:
    assert right_most(["6.6.6.6", "203.0.113.9", "10.0.0.1"], 0) == "10.0.0.1"
    assert right_most(["6.6.6.6", "203.0.113.9", "10.0.0.1"], 1) == "203.0.113.9"
    assert right_most(["10.0.0.1"], 5) == "10.0.0.1"


def test_cookies_are_ours_alone_on_https_and_plain_on_loopback() -> None:
    assert set_cookie("flow", "x") == "flow=x; Path=/; HttpOnly; SameSite=Lax"
    configure(base_url="https://portal.example")

    assert set_cookie("flow", "x") == "__Host-flow=x; Path=/; HttpOnly; SameSite=Lax; Secure"
    planted = {"headers": [(b"cookie", b"flow=planted; __Host-flow=own")]}
    assert read_cookie(planted, "flow") == "own"


@pytest.mark.parametrize("value", ["", "a b", "é", '"x"', "x" * 201])
def test_a_cookie_that_we_never_make_is_none(value: str) -> None:
    assert read_cookie({"headers": [(b"cookie", f"flow={value}".encode())]}, "flow") is None


def test_forms_may_lead_to_stripe_and_nowhere_else() -> None:
    assert (
        "form-action 'self' https://billing.stripe.com https://checkout.stripe.com"
        " https://invoice.stripe.com;" in content_policy("https://api.stripe.com")
    )
    assert "form-action 'self' http://127.0.0.1:9;" in content_policy("http://127.0.0.1:9")
    with_own = content_policy("https://api.stripe.com", own_pages="https://pay.example.org")
    assert "https://invoice.stripe.com https://pay.example.org;" in with_own


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("", False), ("gzip;q=0", False), ("br", False)],
)
def test_only_who_reads_gzip_gets_it(accepted: str, takes: bool) -> None:
    assert takes_gzip({"headers": [(b"accept-encoding", accepted.encode())]}) is takes


def test_packing_is_gzip() -> None:
    import gzip

    assert gzip.decompress(gzipped(b"tea" * 1000)) == b"tea" * 1000
