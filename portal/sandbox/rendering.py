"""Render the hosted pages: templates, their policy, money and dates in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from babel.numbers import format_currency, get_currency_precision
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.sandbox.wire import Answer, Request

Typed = dict[str, str]
"""What a person typed into a form, by field."""

_HTML = "text/html; charset=utf-8"
_BRANDS = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express"}


def page(
    template: str,
    base: str,
    *,
    status: int = 200,
    leads_to: Iterable[str | None] = (),
    **context: Any,
) -> Answer:
    """Render a page; `leads_to`: addresses elsewhere to which its forms may lead."""
    body = _templates().get_template(template).render(base=base, **context)
    return Answer(status, body.encode(), _HTML, _headers(leads_to))


def see_other(address: str) -> Answer:
    """Send the browser on, after a form or instead of a page."""
    return Answer(303, b"", _HTML, {**_headers(()), "Location": address})


def not_found(base: str) -> Answer:
    """Say that an address leads nowhere, or not any more."""
    return page("not_found.html", base, status=404)


def not_allowed(base: str, problem: str, status: int = 403) -> Answer:
    """Say that something is not done here."""
    return page("not_allowed.html", base, status=status, problem=problem)


def read_typed(request: Request) -> Typed:
    """Read a form that a browser sent; the last of several values counts."""
    text = request.body.decode("utf-8", "replace")
    return {name: value.strip() for name, value in parse_qsl(text, keep_blank_values=True)}


def read_query(request: Request) -> Typed:
    """Read what an address asks for."""
    return dict(parse_qsl(request.query, keep_blank_values=True))


def _headers(leads_to: Iterable[str | None]) -> dict[str, str]:
    # Browsers check the redirect that answers a form against form-action as well.
    targets = ["'self'", *sorted({origin for each in leads_to if (origin := _origin(each))})]
    return {
        "Content-Security-Policy": "; ".join(
            (
                "default-src 'none'",
                "style-src 'self'",
                "img-src 'self' data:",
                f"form-action {' '.join(targets)}",
                "base-uri 'none'",
                "frame-ancestors 'none'",
            )
        ),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }


def _origin(address: str | None) -> str:
    parts = urlsplit(address or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else ""


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"money": money, "date": date, "moment": moment, "brand": brand}
    return templates


def money(amount: int, currency: str) -> str:
    """Write an amount of minor units with its currency."""
    code = currency.upper()
    return format_currency(Decimal(amount).scaleb(-get_currency_precision(code)), code, locale="en")


def date(at: int) -> str:
    """Write a day in full: 5 December 2026."""
    day = datetime.fromtimestamp(at, UTC)
    return f"{day.day} {day:%B %Y}"


def moment(at: float) -> str:
    """Write a day and its time, in UTC."""
    return f"{date(int(at))}, {datetime.fromtimestamp(at, UTC):%H:%M:%S}"


def brand(name: str) -> str:
    """Write a card's brand as people do."""
    return _BRANDS.get(name, name.capitalize())
