"""The answers of a sign-up form to be read once more before the button."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.customers.address import check_address, form_of
from portal.customers.entered import written
from portal.customers.text import clean
from portal.pages.step_answers import Step
from portal.sites.storefront import Storefront
from portal.words import translations


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """One answer ("" where none was given), and the field and step at which it can be changed."""

    label: str
    text: str
    step: Step
    field: str


def answers_shown(
    typed: Mapping[str, str], site: Storefront, locale: str
) -> tuple[AnswerShown, ...]:
    """List what the site asked, in the form's order, with what was answered."""
    _ = translations(locale).gettext
    country = typed.get("country", "")
    name = f"{clean(typed.get('first_name'))} {clean(typed.get('last_name'))}".strip()
    first_line = form_of(country, locale).fields[0].name
    address = written(check_address(typed, country)[0], locale)
    asked: tuple[tuple[bool, AnswerShown], ...] = (
        (True, AnswerShown(_("Email"), clean(typed.get("email")), "contact", "email")),
        (_asks(site, "names"), AnswerShown(_("Name"), name, "contact", "first_name")),
        (_asks(site, "phone"), _one(_("Phone"), typed, "contact", "phone")),
        (_asks(site, "organisation"), _one(_("Organisation"), typed, "address", "organisation")),
        (_asks(site, "organisation"), _one(_("Tax ID"), typed, "address", "tax_id")),
        (True, AnswerShown(_("Billing address"), address, "address", first_line)),
    )
    return tuple(answer for is_asked, answer in asked if is_asked)


def _asks(site: Storefront, name: str) -> bool:
    return site.fields[name] != "off"


def _one(label: str, typed: Mapping[str, str], step: Step, field: str) -> AnswerShown:
    return AnswerShown(label, clean(typed.get(field)), step, field)
