"""One template in one state, and the site whose pages these are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from portal.errors import Problem
from portal.sites.branding import Branding
from portal.sites.storefront import Storefront

Words = Callable[[str], str]
"""What is done to all that a person would read of a sample: nothing, or accents, or worse."""

Values = dict[str, Any]
States = Iterator[tuple[str, str, Values]]
"""A view's name, its template and what its handler would pass."""


@dataclass(frozen=True, slots=True)
class View:
    """One template in one state."""

    name: str
    template: str
    context: Values

    @property
    def is_page(self) -> bool:
        """Tell whether this is a whole page of the portal, not a part of one nor a mail."""
        return not self.template.startswith("email/") and "/_" not in self.template

    @property
    def is_mail(self) -> bool:
        """Tell whether this is the HTML of a mail."""
        return self.template.startswith("email/") and self.template.endswith(".html")


def seller(words: Words, accent: str) -> Storefront:
    """Return the site that all samples belong to."""
    tagline = words("Plans that grow with your team. Change or cancel any time.")
    return Storefront(
        id="site_1", number=1, key="eu", name=words("Northwind"), host=None,
        company_id="comp_1", company_key="northwind", company_name=words("Northwind"),
        support_email="help@northwind.example", support_url="https://northwind.example/help",
        country="DE", currency="eur", languages=("en",), plan_keys=(), default_plan=None,
        tax="automatic", tax_rates=(), tax_inclusive=True, verify_email="after",
        fields={"names": "required", "phone": "optional", "organisation": "optional"}, limits={},
        layout="page",
        brand=Branding(accent=accent, tagline=tagline),
        terms_url="https://northwind.example/terms",
        privacy_url="https://northwind.example/privacy",
        terms_version="1", success_url="", portal_configuration=None, market="de",
    )  # fmt: skip


def problem(words: Words, sentence: str) -> Problem:
    """Return something to say at a field."""
    return Problem("sample", words(sentence))
