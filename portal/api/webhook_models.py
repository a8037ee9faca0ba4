"""Webhook endpoints and what was told to them, as our API takes and tells them."""

from __future__ import annotations

from re import escape
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from portal.deliveries.event_types import ALL, EVENT_TYPES, OF_DOCUMENT_002
from portal.web.programs.paging import PagedByTime
from portal.web.programs.texts import Sent, SiteName, Told

_TYPES = (ALL, *EVENT_TYPES, *OF_DOCUMENT_002)
_WHAT = " ".join(f"{name}: {said}" for name, said in {**EVENT_TYPES, **OF_DOCUMENT_002}.items())

EventType = Annotated[
    str, StringConstraints(pattern=f"^({'|'.join(escape(name) for name in _TYPES)})$")
]
EventTypes = Annotated[
    list[EventType],
    Field(
        min_length=1,
        max_length=len(_TYPES),
        description=f'"*" for all but those of document 002, which come by name. {_WHAT}',
    ),
]
Url = Annotated[
    str,
    StringConstraints(max_length=2000, pattern=r"^https?://[!-~]+$"),
    Field(description="https, on the public internet, port 443 or above 1023."),
]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Delivered = Literal["waiting", "done", "failed", "skipped"]


class NewEndpoint(Sent):
    """An endpoint to be told of what happens at one site."""

    url: Url
    site: SiteName | None = Field(None, description="Its id or number; else the key's first.")
    types: EventTypes = Field(default_factory=lambda: [ALL])


class EndpointChange(Sent):
    """What is to be another; what is left out stays."""

    url: Url = ""
    types: EventTypes = Field(default_factory=lambda: [ALL])
    enabled: bool = True

    @property
    def given(self) -> dict[str, Any]:
        """Return what was passed, by the names that the room has for it."""
        named = {"url": self.url, "types": self.types, "enabled": self.enabled}
        passed = {name: named[name] for name in named if name in self.model_fields_set}
        return {("is_on" if name == "enabled" else name): passed[name] for name in passed}


class Endpoint(Told):
    """An endpoint: `state` is on, off (`why` says by what) or gone (it answered 410)."""

    id: str
    object: Literal["webhook_endpoint"]
    site: str
    url: str
    types: list[str]
    enabled: bool
    state: Literal["on", "off", "gone"]
    why: str | None
    failing_since: Moment | None
    created_at: Moment
    updated_at: Moment


class EndpointWithSecret(Endpoint):
    """An endpoint with its new secret, which is told here and never again."""

    secret: str | None = Field(
        description="Null where the request comes again under its Idempotency-Key: we keep none."
        " If it is lost, ask for a new one."
    )


class EndpointGone(Told):
    """What is left of an endpoint that was removed."""

    id: str
    object: Literal["webhook_endpoint"]
    deleted: Literal[True]


class Endpoints(Told):
    """All endpoints that a key may see, the newest first."""

    object: Literal["list"]
    url: str
    has_more: bool
    data: list[Endpoint]


class Delivery(Told):
    """One event on its way to one endpoint.

    status, took_ms and response are of the last answer; where none came, problem says why.
    """

    id: str
    object: Literal["webhook_delivery"]
    endpoint: str
    message: str
    type: str
    site: str
    customer: str | None
    state: Delivered
    attempts: int
    status: int | None
    took_ms: int | None
    response: str | None
    problem: str | None
    replay_of: str | None
    next_at: Moment | None
    tried_at: Moment | None
    done_at: Moment | None
    created_at: Moment


class DeliveryWithPayload(Delivery):
    """One delivery with what is sent; of a customer, to who may read customers alone."""

    payload: dict[str, Any] | None


class Deliveries(Told):
    """Deliveries, the newest first."""

    object: Literal["list"]
    url: str
    has_more: bool
    data: list[Delivery]


_Id = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,10}_[0-9A-Za-z]{1,35}$")]


class DeliveriesAsked(PagedByTime):
    """Which deliveries, and which page of them."""

    endpoint: _Id | None = None
    message: _Id | None = None
    customer: _Id | None = None
    type: EventType | None = None
    state: Delivered | None = None
    site: SiteName | None = None

    @property
    def filters(self) -> dict[str, str]:
        """Return what they have to be, by the names that the room has for it."""
        named = {
            "endpoint": self.endpoint,
            "event": self.message,
            "customer": self.customer,
            "type": self.type,
            "state": self.state,
        }
        return {name: value for name, value in named.items() if value is not None}
