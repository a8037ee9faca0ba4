"""The seller's file says what is wrong with it, at the place."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from portal.plans.declaration import DeclaredCompany, WrongDeclaration, read_declaration
from portal.plans.declared_plans import DeclaredAddOn, DeclaredPlan
from portal.plans.declared_sites import DeclaredSite
from portal.sites.limits import LIMITS
from tests.plans.declared import DECLARED, WITH_ADD_ONS, declared_with


def test_a_good_file_is_read() -> None:
    declared = read_declaration(DECLARED)

    assert declared.company.name == "Acme Tea"
    assert declared.plan[0].prices == {"month": {"eur": 1200, "usd": 1300}, "year": {"eur": 9900}}
    assert declared.site[0].verify_email == "after"
    assert declared.site[0].layout == "page"
    assert (declared.site[0].passwords, declared.site[0].passkeys) == ("off", "off")


def test_what_a_file_leaves_out_is_as_the_manual_says() -> None:
    declared = read_declaration(DECLARED)
    plan, site = declared.plan[1], declared.site[0]

    assert (plan.trial_days, plan.trial_without_card, plan.visibility) == (0, "cancel", "standard")
    assert (plan.recommended, plan.description, plan.features, plan.next_steps) == (
        *(False, ""), *((), ()),
    )  # fmt: skip
    assert (site.fields.names, site.fields.phone, site.fields.organisation) == (
        *("optional", "optional"), "off",
    )  # fmt: skip
    assert (site.tax, site.tax_rates, site.tax_inclusive) == ("none", (), False)
    assert (site.languages, site.terms_version, site.host) == (("en",), "1", None)
    assert (site.terms_url, site.privacy_url, site.success_url) == ("", "", "")
    assert (site.brand.logo, site.brand.tagline) == ("", "")
    assert declared.company.support_url == ""


MANUAL = Path(__file__).parents[2] / "docs" / "declaration.md"


def told_under(heading: str) -> set[str]:
    """Return the words that a table of the manual tells of."""
    section = MANUAL.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    firsts = re.findall(r"^\| ([^|]*) \|", section, re.MULTILINE)
    return {word.partition(".")[0] for first in firsts for word in re.findall("`([^`]+)`", first)}


@pytest.mark.parametrize(
    ("heading", "declared"),
    [
        ("[company]", DeclaredCompany),
        ("[[plan]]", DeclaredPlan),
        ("[[add_on]]", DeclaredAddOn),
        ("[[site]]", DeclaredSite),
    ],
)
def test_the_manual_tells_of_every_word(heading: str, declared: type[BaseModel]) -> None:
    assert told_under(heading) == declared.model_fields.keys()


def test_the_manual_tells_of_every_limit_with_its_number() -> None:
    told = re.findall(r"^\| (`\w+_per_.*?) \| ([\d, ]+) \|", MANUAL.read_text(), re.MULTILINE)
    numbers = {
        word: int(number)
        for words, defaults in told
        for word, number in zip(re.findall(r"`(\w+)`", words), defaults.split(","), strict=True)
    }

    assert numbers == LIMITS


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("trial_days = 14", "trial_days = 730"),
        ("prices.month = { eur = 0 }", "prices.month = { eur = 99_999_999 }"),
        ('name = "Studio"', f'name = "{"S" * 150}"'),
        ('key = "acme"', f'key = "{"a" * 50}"'),
        ('default_plan = "studio"', 'tax = "rates"\ntax_rates = ["txr_1"]'),
        ('default_plan = "studio"', f'terms_version = "{"1" * 50}"'),
        ('default_plan = "studio"', f'brand = {{ tagline = "{"T" * 150}" }}'),
        ('default_plan = "studio"', 'host = "shop.acme.example"'),
        ('default_plan = "studio"', f'terms_url = "https://{"a" * 492}"'),
        ("limits = { mails_per_hour = 5 }", "limits = { mails_per_hour = 0 }"),
    ],
)
def test_what_just_fits_is_taken(was: str, becomes: str) -> None:
    assert read_declaration(declared_with(was, becomes)).plan


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
        ('default_plan = "studio"', "passkeys = true", "site.1.passkeys"),
        ('default_plan = "studio"', 'colour = "red"', "site.1.colour"),
        ('key = "reader"', 'key = "studio"', "the file"),
        ("limits = { mails_per_hour = 5 }", "limits = { mails = 5 }", "site.1.limits"),
        ("limits = { mails_per_hour = 5 }", "limits = 5", "site.1.limits"),
        ("limits = { mails_per_hour = 5 }", "limits = { mails_per_hour = -1 }", "site.1.limits"),
        ("trial_days = 14", "trial_days = 731", "plan.1.trial_days"),
        ("prices.month = { eur = 0 }", "prices.month = { eur = 100_000_000 }", "plan.2.prices"),
        ("prices.month = { eur = 0 }", "prices.month = { eur = -1 }", "plan.2.prices"),
        ("prices.month = { eur = 0 }", "prices.month = {}", "plan.2.prices"),
        ('name = "Studio"', f'name = "{"S" * 151}"', "plan.1.name"),
        ('name = "Studio"', 'name = " "', "plan.1.name"),
        ('key = "acme"', f'key = "{"a" * 51}"', "company.key"),
        ('default_plan = "studio"', f'terms_version = "{"1" * 51}"', "site.1.terms_version"),
        ('default_plan = "studio"', f'brand = {{ tagline = "{"T" * 151}" }}', "site.1.brand"),
        ('default_plan = "studio"', 'terms_url = "ftp://acme"', "site.1.terms_url"),
        ('default_plan = "studio"', f'terms_url = "https://{"a" * 493}"', "site.1.terms_url"),
        ('default_plan = "studio"', 'tax_rates = ["txr_1"]', "site.1"),
        ('plans = ["studio", "reader"]', 'plans = ["gold"]', "the file"),
        ('key = "shop"', 'key = "Shop"', "site.1.key"),
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


def test_a_site_or_a_country_stands_there_once() -> None:
    again = DECLARED[DECLARED.index("[[site]]") :]

    with pytest.raises(WrongDeclaration, match="site shop stands there more than once"):
        read_declaration(DECLARED + again)
    with pytest.raises(WrongDeclaration, match="country of a site GB stands there more than once"):
        read_declaration(DECLARED + again.replace('"shop"', '"second"'))


def test_a_file_without_a_plan_or_a_site_sells_nothing() -> None:
    with pytest.raises(WrongDeclaration, match="at least one"):
        read_declaration("plan = []\nsite = []\n" + DECLARED[: DECLARED.index("[[plan]]")])


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('add_ons = ["paper", "calls"]', 'add_ons = ["pens"]', "there is no add-on pens"),
        ('add_ons = ["paper", "calls"]', 'add_ons = ["paper", "paper"]', "more than once"),
        ('key = "paper"', 'key = "reader"', "plan or add-on reader stands there more than once"),
        ("max = 9", "min = 10, max = 9", "min is above max"),
        ("{ eur = 300, usd = 400 }", "{ eur = 300 }", "add-on paper: no price by the month in usd"),
        ('unit = "call", units', 'unit = "", units', "add_on.2.usage.unit"),
        ('units = "calls" }', 'units = "calls" }\nquantity = { unit = "a", units = "b" }',
         "do not go together"),
        ("month = { eur = 1200, usd = 1300 }", "month = { eur = 0, usd = 1300 }",
         "plan studio is free, so nobody has a card to pay calls with"),
    ],
)  # fmt: skip
def test_add_ons_that_do_not_fit_are_told(was: str, becomes: str, said: str) -> None:
    assert was in WITH_ADD_ONS

    with pytest.raises(WrongDeclaration, match=said):
        read_declaration(WITH_ADD_ONS.replace(was, becomes))


def test_what_is_sold_by_the_piece_or_counted_is_read() -> None:
    declared = read_declaration(WITH_ADD_ONS)
    plan, (paper, calls) = declared.plan[0], declared.add_on

    assert plan.quantity is not None
    assert (plan.quantity.min, plan.quantity.max, plan.add_ons) == (1, 9, ("paper", "calls"))
    assert (paper.quantity, paper.usage, declared.plan[1].quantity) == (None, None, None)
    assert calls.usage is not None
    assert (calls.usage.event, calls.usage.formula) == ("calls", "sum")
