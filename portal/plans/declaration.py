"""The seller's file, read: a company, its plans and its sites, or every wrong line by name."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from portal.errors import PortalError
from portal.plans.declared import Address, Declared, Key, Name
from portal.plans.declared_plans import DeclaredAddOn, DeclaredPlan
from portal.plans.declared_sites import DeclaredSite


class WrongDeclaration(PortalError):
    """The file cannot be applied; `lines` says why, one sentence for each wrong place."""

    status = 422
    code = "wrong_declaration"

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class DeclaredCompany(Declared):
    """The seller."""

    key: Key
    name: Name
    support_email: Annotated[str, Field(max_length=254)] = ""
    support_url: Address = ""


class Declaration(Declared):
    """Everything in the file."""

    company: DeclaredCompany
    plan: tuple[DeclaredPlan, ...]
    add_on: tuple[DeclaredAddOn, ...] = ()
    site: tuple[DeclaredSite, ...]

    @model_validator(mode="after")
    def _names_fit(self) -> Declaration:
        if not self.plan or not self.site:
            raise ValueError("declare at least one [[plan]] and one [[site]]")
        plans = [plan.key for plan in self.plan]
        _only_once("plan", plans)
        _only_once("plan or add-on", [*plans, *(add_on.key for add_on in self.add_on)])
        _only_once("event of an add-on", [each.usage.event for each in self.add_on if each.usage])
        for plan in self.plan:
            _add_ons_fit(plan, {add_on.key: add_on for add_on in self.add_on})
        _only_once("site", [site.key for site in self.site])
        _only_once("country of a site", [site.country for site in self.site])
        for site in self.site:
            for key in (*site.plans, *([site.default_plan] if site.default_plan else ())):
                if key not in plans:
                    raise ValueError(f"site {site.key}: there is no plan {key}")
        return self


def _add_ons_fit(plan: DeclaredPlan, sold: Mapping[str, DeclaredAddOn]) -> None:
    _only_once(f"plan {plan.key}: add-on", list(plan.add_ons))
    for key in plan.add_ons:
        if key not in sold:
            raise ValueError(f"plan {plan.key}: there is no add-on {key}")
        for interval, currency in sorted(plan.priced_in - sold[key].priced_in):
            raise ValueError(f"add-on {key}: no price by the {interval} in {currency}")
        if sold[key].usage and any(not min(amounts.values()) for amounts in plan.prices.values()):
            raise ValueError(f"plan {plan.key} is free, so nobody has a card to pay {key} with")


def read_declaration(text: str) -> Declaration:
    """Read the seller's TOML file.

    Raises:
        WrongDeclaration: with a line for each wrong place.
    """
    try:
        return Declaration.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as wrong:
        raise WrongDeclaration([str(wrong)]) from wrong
    except ValidationError as wrong:
        raise WrongDeclaration([_line(error) for error in wrong.errors()]) from wrong


def _line(error: Any) -> str:
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in error["loc"])
    return f"{place or 'the file'}: {error['msg'].removeprefix('Value error, ')}"


def _only_once(what: str, names: list[str]) -> None:
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"{what} {', '.join(sorted(twice))} stands there more than once")
