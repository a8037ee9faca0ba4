"""The pricing page."""

from __future__ import annotations

from typing import Any

from tests.templates.view import States, Values, Words


def pricing(words: Words) -> States:
    """Three plans, monthly and yearly; and one alone."""
    page = {
        "offers": _offers(words), "order_at": "signup",
        "currency": "eur", "currencies": ["eur", "usd"],
        "interval": "month", "intervals": ["month", "year"],
        "tax_note": words("Prices include tax."),
    }  # fmt: skip
    yield "pricing", "pricing/pricing.html", page
    yield "pricing-yearly", "pricing/pricing.html", page | {"interval": "year"}
    one = {"offers": _offers(words)[2:], "currencies": ["eur"], "tax_note": ""}
    yield "pricing-one-plan", "pricing/pricing.html", page | one
    yield "pricing-part", "pricing/_plans.html", page


def _offers(words: Words) -> list[Values]:
    return [
        _offer(
            words, "free", "Free", "For trying things out on your own.",
            ["1 project", "Community forum", "7 days of history"],
            is_free=True, prices=_prices(0, 0, None),
        ),
        _offer(
            words, "pro", "Pro", "For people who do this every day.",
            ["Unlimited projects", "Email support within a day", "Two years of history", "PDFs"],
            recommended=True, trial_days=14, prices=_prices(1200, 9900, 31),
        ),
        _offer(
            words, "team", "Team", "For teams that decide together.",
            ["Everything in Pro", "25 seats with roles and permissions", "Single sign-on"],
            prices=_prices(4900, 49000, 16), unit=words("seat"),
        ),
    ]  # fmt: skip


def _offer(
    words: Words, key: str, name: str, description: str, features: list[str], **rest: Any
) -> Values:
    return {
        "key": key, "name": words(name), "description": words(description),
        "features": [words(feature) for feature in features],
        "recommended": False, "trial_days": 0, "is_free": False, "unit": "",
    } | rest  # fmt: skip


def _prices(month: int, year: int, saving: int | None) -> list[Values]:
    monthly = {"interval": "month", "amount": month, "per_month": month, "yearly_total": 12 * month}
    yearly = {"interval": "year", "amount": year, "per_month": year // 12, "yearly_total": year}
    return [
        monthly | {"currency": "eur", "saving_percent": None},
        yearly | {"currency": "eur", "saving_percent": saving},
    ]
