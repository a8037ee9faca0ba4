"""What /v1 takes of subscriptions, use and portal sessions: schemas."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from portal.api.expanding import WholeCustomer
from portal.subscriptions.on_behalf import Wanted
from portal.subscriptions.usage_kept import Use
from portal.subscriptions.usage_sent import read_moment
from portal.web.programs.texts import Sent, text

CustomerId = Annotated[str, Field(pattern=r"^cust_[0-9a-z]{1,35}$")]
PlanName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,49}$")]
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,49}$")]
Interval = Literal["month", "year"]
Number = Annotated[int, Field(ge=1, le=999_999)]
Reason = Literal[
    "too_expensive", "missing_features", "switched_service", "unused", "too_complex",
    "low_quality", "customer_service", "other",
]  # fmt: skip


class SubscriptionsAsked(Sent):
    """Whose."""

    customer: CustomerId


class SubscriptionAsked(Sent):
    """What is told beside it."""

    expand: WholeCustomer


class AddOnWanted(Sent):
    """An add-on that shall be there, so many of it."""

    key: Key
    quantity: Number = 1


AddOns = Annotated[list[AddOnWanted], Field(max_length=20)]


def _by_key(add_ons: list[AddOnWanted]) -> dict[str, int]:
    return {add_on.key: add_on.quantity for add_on in add_ons}


class ChangeWanted(Sent):
    """What a subscription shall be; what is left out stays as it is."""

    plan: PlanName | None = Field(None, description="A plan's key or id.")
    interval: Interval | None = None
    quantity: Number | None = None
    add_ons: AddOns | None = Field(
        None, description="All that shall be there, but for what is counted."
    )

    @property
    def wanted(self) -> Wanted:
        """Return it as the room takes it."""
        add_ons = None if self.add_ons is None else _by_key(self.add_ons)
        return Wanted(self.plan, self.interval, self.quantity, add_ons)


class AddOnsWanted(Sent):
    """All add-ons that shall be there, but for those whose use is counted."""

    add_ons: AddOns

    @property
    def wanted(self) -> Wanted:
        """Return it as the room takes it."""
        return Wanted(add_ons=_by_key(self.add_ons))


class CancelWanted(Sent):
    """How a subscription ends: with its period, or now, and then nothing is given back."""

    when: Literal["period_end", "now"] = "period_end"
    reason: Reason | None = None


class UseGiven(Sent):
    """One use, counted once for its event_id."""

    event_id: Annotated[str, Field(pattern=r"^[!-~]{1,100}$")]
    customer: CustomerId
    meter: Annotated[str, text(100, 1)] = Field(
        description="The name of the events that the meter counts."
    )
    quantity: (
        Annotated[int, Field(ge=0, le=999_999_999_999)]
        | Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,12})?$")]
    )
    at: Annotated[
        str,
        Field(
            max_length=40,
            pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
            r"([Zz]|[+-][0-9]{2}:[0-9]{2})$",
            description="RFC 3339. A time that there is not is refused by itself.",
        ),
    ]

    @property
    def use(self) -> Use:
        """Return it as the room takes it."""
        at = read_moment(self.at)
        return Use(self.event_id, self.customer, self.meter, str(self.quantity), at)


class UsageGiven(Sent):
    """What was used: each is taken or refused by itself."""

    events: Annotated[list[UseGiven], Field(min_length=1, max_length=100)]


class PortalSessionWanted(Sent):
    """Whose billing portal, where it leads back to, and what it opens on."""

    customer: CustomerId
    return_url: Annotated[str, Field(max_length=500, pattern=r"^https?://[!-~]+$")] | None = None
    flow: Literal["payment_method_update"] | None = None
