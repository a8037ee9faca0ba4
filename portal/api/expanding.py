"""What may stand in the place of an id: `expand[]`, and what a key needs for it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from portal.web.programs.acting import needs_too
from portal.web.programs.call import Call
from portal.web.programs.texts import Sent

_NEEDS = {"customer": "customers:read", "subscription": "subscriptions:read"}
FOR_CUSTOMERS = {_NEEDS["customer"]: ("expand[]",)}
FOR_SUBSCRIPTIONS = {_NEEDS["subscription"]: ("expand[]",)}

WholeSubscription = Annotated[
    list[Literal["subscription"]],
    Field(default_factory=list, validation_alias="expand[]", max_length=1),
]
WholeCustomer = Annotated[
    list[Literal["customer"]],
    Field(default_factory=list, validation_alias="expand[]", max_length=1),
]


class CustomerAsked(Sent):
    """What is told beside a customer."""

    expand: WholeSubscription


def is_whole(call: Call[Any], name: str, expand: list[Any]) -> bool:
    """Tell whether a request asks for all of what is named so.

    Raises:
        ScopeMissing: it does, and the key may not read that.
    """
    if name in expand:
        needs_too(call.caller, _NEEDS[name])
    return name in expand
