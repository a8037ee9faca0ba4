"""What document 004 takes behind the question mark: what is opened, and which customers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from portal.compat.stripe_models import Opened
from portal.web.programs.texts import text

OpenedInList = Literal["data.tax_ids", "data.subscriptions", "data.default_source"]
Cus = Annotated[str, StringConstraints(pattern=r"^cus_[A-Za-z0-9]{1,250}$")]
Seconds = Annotated[int, Field(ge=0, le=253_402_300_799)]
Text255 = Annotated[str, text(255)]
_MOST = 20


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StripeOpened(_Fields):
    """What of the answer is opened: in a list, or each a parameter of its own."""

    expand: Annotated[list[Opened], Field(alias="expand[]", max_length=_MOST)] = []
    expand_0: Annotated[Opened | None, Field(alias="expand[0]")] = None
    expand_1: Annotated[Opened | None, Field(alias="expand[1]")] = None
    expand_2: Annotated[Opened | None, Field(alias="expand[2]")] = None

    @property
    def opened(self) -> frozenset[str]:
        """Return what is opened."""
        return _named((*self.expand, self.expand_0, self.expand_1, self.expand_2))


class StripeList(_Fields):
    """Which customers, and how many of them."""

    created: Seconds | None = None
    created_gt: Annotated[Seconds | None, Field(alias="created[gt]")] = None
    created_gte: Annotated[Seconds | None, Field(alias="created[gte]")] = None
    created_lt: Annotated[Seconds | None, Field(alias="created[lt]")] = None
    created_lte: Annotated[Seconds | None, Field(alias="created[lte]")] = None
    email: Annotated[str, text(512)] | None = None
    ending_before: Cus | None = None
    expand: Annotated[list[OpenedInList], Field(alias="expand[]", max_length=_MOST)] = []
    expand_0: Annotated[OpenedInList | None, Field(alias="expand[0]")] = None
    expand_1: Annotated[OpenedInList | None, Field(alias="expand[1]")] = None
    expand_2: Annotated[OpenedInList | None, Field(alias="expand[2]")] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    starting_after: Cus | None = None
    test_clock: Text255 | None = None

    @property
    def opened(self) -> frozenset[str]:
        """Return what is opened of each customer."""
        return _named((*self.expand, self.expand_0, self.expand_1, self.expand_2))


def _named(fields: Iterable[str | None]) -> frozenset[str]:
    return frozenset(name.removeprefix("data.") for name in fields if name)
