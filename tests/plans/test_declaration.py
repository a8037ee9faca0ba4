"""The seller's file says what is wrong with it, at the place."""

import pytest

from portal.plans.declaration import WrongDeclaration, read_declaration
from tests.plans.declared import DECLARED, declared_with


def test_a_good_file_is_read() -> None:
    declared = read_declaration(DECLARED)

    assert declared.company.name == "Acme Tea"
    assert declared.plan[0].prices == {"month": {"eur": 1200, "usd": 1300}, "year": {"eur": 9900}}
    assert declared.site[0].verify_email == "after"
    assert declared.site[0].layout == "page"
    assert declared.site[0].passwords == "off"


@pytest.mark.parametrize(
    ("was", "becomes", "place"),
    [
        ('key = "acme"', 'key = "Acme Tea"', "company.key"),
        ("trial_days = 14", "trial_days = -1", "plan.1.trial_days"),
        ("prices.month = { eur = 0 }", "prices = {}", "plan.2.prices"),
        ("prices.month = { eur = 0 }", "prices.week = { eur = 1 }", "plan.2.prices"),
        ("prices.month = { eur = 0 }", "prices.month = { EUR = 1 }", "plan.2.prices"),
        ("prices.month = { eur = 0 }", "prices.month = { eur = 1.5 }", "plan.2.prices"),
        ('country = "GB"', 'country = "England"', "site.1.country"),
        ('currency = "eur"\nplans', 'currency = "EURO"\nplans', "site.1.currency"),
        ('default_plan = "studio"', 'default_plan = "gold"', "the file"),
        ('default_plan = "studio"', 'tax = "rates"', "site.1"),
        ('default_plan = "studio"', 'brand = { accent = "#ffff00" }', "site.1.brand.accent"),
        ('default_plan = "studio"', 'brand = { accent = "red" }', "site.1.brand.accent"),
        ('default_plan = "studio"', 'layout = "wizard"', "site.1.layout"),
        ('default_plan = "studio"', 'passwords = "some"', "site.1.passwords"),
        ('default_plan = "studio"', 'colour = "red"', "site.1.colour"),
        ('key = "reader"', 'key = "studio"', "the file"),
        ("limits = { mails_per_hour = 5 }", "limits = { mails = 5 }", "site.1.limits"),
        ("limits = { mails_per_hour = 5 }", "limits = 5", "site.1.limits"),
    ],
)
def test_a_wrong_line_is_named(was: str, becomes: str, place: str) -> None:
    with pytest.raises(WrongDeclaration) as wrong:
        read_declaration(declared_with(was, becomes))

    assert wrong.value.lines[0].startswith(f"{place}")


def test_every_wrong_line_is_named_at_once() -> None:
    with pytest.raises(WrongDeclaration) as wrong:
        read_declaration(DECLARED.replace('"GB"', '"gb"').replace("14", "-14"))

    assert len(wrong.value.lines) == 2


def test_a_file_that_is_no_toml_says_where() -> None:
    with pytest.raises(WrongDeclaration, match="line 1"):
        read_declaration("company: acme")
