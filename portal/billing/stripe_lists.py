"""Reading one company's whole account, page by page, at a rate that leaves room for people.

Only list endpoints: Stripe's search lags behind. What is changed here is safe to repeat.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar

from portal.billing import stripe_words as words
from portal.billing.billed import BilledSubscription
from portal.billing.billed_customers import BilledPerson, ListedCustomer
from portal.billing.stripe_events import NEEDED_EVENTS, BillingEvent, what_to_fetch
from portal.billing.stripe_subscription_words import EXPAND_SUBSCRIPTIONS, subscription_of
from portal.billing.stripe_wire import StripeWire, typed
from portal.errors import Indeterminate, NotBegun, Refused, Unanswered

CALLS_PER_S = 5.0
_PAGE = 100
# Stripe takes no more kinds of events in one list.
_TYPES = 20
_PAUSES_S = (1.0, 4.0, 15.0)

T = TypeVar("T")


class StripeLists:
    """An account read at a bounded rate. Every call raises only EffectErrors."""

    def __init__(self, gateway: StripeWire, calls_per_s: float = CALLS_PER_S) -> None:
        self._gateway, self._v1 = gateway, gateway.v1
        self._pause_s = 1.0 / calls_per_s
        self._next_at = 0.0

    async def patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call in its turn, again after a while when Stripe did not answer it."""
        for pause_s in _PAUSES_S:
            await self._turn()
            try:
                return await call()
            except NotBegun as busy:
                await asyncio.sleep(max(pause_s, busy.retry_after_s or 0.0))
            except (Unanswered, Indeterminate):
                await asyncio.sleep(pause_s)
        await self._turn()
        return await call()

    async def customers(self, since: datetime | None) -> AsyncIterator[list[ListedCustomer]]:
        """List all customers, or those made since then, with their default payment method."""
        expand = [f"data.{name}" for name in words.EXPAND_CUSTOMER]
        params = {"expand": expand} | _created(since)
        async for page in self._pages(self._v1.customers.list_async, params):
            yield [_listed(one) for one in page]

    async def subscriptions(
        self, since: datetime | None = None, *, customer: str | None = None
    ) -> AsyncIterator[list[BilledSubscription]]:
        """List all subscriptions, or those made since then, or one customer's; ended ones too."""
        params: dict[str, Any] = {"status": "all", "expand": EXPAND_SUBSCRIPTIONS}
        params |= _created(since) | ({"customer": customer} if customer else {})
        async for page in self._pages(self._v1.subscriptions.list_async, params):
            yield [subscription_of(one) for one in page if one["items"]["data"]]

    async def events(self, since: datetime) -> AsyncIterator[list[tuple[BillingEvent, Any]]]:
        """List the events we ask for, delivered or not, each with what it is about (JSON)."""
        for begin in range(0, len(NEEDED_EVENTS), _TYPES):
            params = {"types": list(NEEDED_EVENTS[begin : begin + _TYPES])} | _created(since)
            async for page in self._pages(self._v1.events.list_async, params):
                yield [_event_of(one.to_dict()) for one in page]

    async def person(self, customer: str) -> BilledPerson | None:
        """Tell who a customer is; None when they are deleted."""
        retrieve = self._v1.customers.retrieve_async
        found = await self._ask(lambda: retrieve(customer, {"expand": ["tax_ids"]}))
        told = found.to_dict()
        return None if told.get("deleted") else _person_of(told)

    async def has_payment_method(self, customer: str) -> bool:
        """Tell whether a customer has any way to pay on file."""
        listing = self._v1.customers.payment_methods.list_async
        page = await self._ask(lambda: listing(customer, {"limit": 1}))
        return bool(page.data)

    async def has_paid(self, *, customer: str, subscription: str | None = None) -> bool:
        """Tell whether money was ever paid: the invoice of a trial is settled without any."""
        params = {"customer": customer} | ({"subscription": subscription} if subscription else {})
        async for page in self._pages(self._v1.invoices.list_async, params):
            if any(invoice["amount_paid"] for invoice in page):
                return True
        return False

    async def has_paid_or_owes(self, *, customer: str) -> bool:
        """Tell whether an invoice is about money, paid or not, that nobody has voided."""
        async for page in self._pages(self._v1.invoices.list_async, {"customer": customer}):
            if any(
                one["amount_paid"] or (one["amount_due"] and one["status"] != "void")
                for one in page
            ):
                return True
        return False

    async def cancel_subscription(self, stripe_id: str) -> None:
        """Cancel a subscription now, without a last invoice."""
        cancel = self._v1.subscriptions.cancel_async
        params = typed({"invoice_now": False, "prorate": False})
        await self._once(lambda: cancel(stripe_id, params))

    async def delete_customer(self, stripe_id: str) -> None:
        """Delete a customer."""
        await self._once(lambda: self._v1.customers.delete_async(stripe_id))

    async def _once(self, call: Callable[[], Awaitable[Any]]) -> None:
        """Do what may have been done before."""
        try:
            await self._ask(call)
        except Refused as refused:
            if refused.reason != "resource_missing":
                raise

    async def _pages(
        self, listing: Callable[..., Awaitable[Any]], params: Mapping[str, Any]
    ) -> AsyncIterator[list[Any]]:
        wanted = {**params, "limit": _PAGE}
        while True:
            asked = typed(wanted)
            page = await self._ask(lambda asked=asked: listing(asked))  # type: ignore[misc]
            if page.data:
                yield [self._gateway.own(one) for one in page.data]
            if not page.has_more:
                return
            wanted["starting_after"] = page.data[-1]["id"]

    async def _ask(self, call: Callable[[], Awaitable[Any]]) -> Any:
        return self._gateway.own(await self.patiently(lambda: self._gateway.ask(call())))

    async def _turn(self) -> None:
        """Wait until the next call may be made."""
        now = asyncio.get_running_loop().time()
        begin_at = max(now, self._next_at)
        self._next_at = begin_at + self._pause_s
        if begin_at > now:
            await asyncio.sleep(begin_at - now)


def _created(since: datetime | None) -> dict[str, Any]:
    return {"created": {"gte": int(since.timestamp())}} if since else {}


def _listed(customer: Any) -> ListedCustomer:
    return ListedCustomer(words.customer_of(customer), words.moment_of(customer["created"]))


def _event_of(event: dict[str, Any]) -> tuple[BillingEvent, Any]:
    about = event["data"]["object"]
    before = event["data"].get("previous_attributes") or {}
    told = BillingEvent(
        event_id=event["id"],
        type=event["type"],
        object_id=what_to_fetch(event["type"], about, before),
        created_at=words.moment_of(event["created"]),
        livemode=event["livemode"],
        account=None,
        # Of the id alone: what would have been delivered is not what a list tells.
        sha256=sha256(event["id"].encode()).hexdigest(),
    )
    return told, about


def _person_of(found: Mapping[str, Any]) -> BilledPerson:
    tax_ids = (found.get("tax_ids") or {}).get("data") or [{}]
    return BilledPerson(
        name=found.get("name") or "",
        business_name=found.get("business_name") or "",
        phone=found.get("phone") or "",
        address={name: text for name, text in (found.get("address") or {}).items() if text},
        locale=next(iter(found.get("preferred_locales") or ()), ""),
        tax_id=tax_ids[0].get("value") or "",
        tax_id_type=tax_ids[0].get("type") or "",
        has_means=bool(
            found.get("default_source")
            or found.get("balance")
            or (found.get("invoice_settings") or {}).get("default_payment_method")
        ),
        metadata=words.metadata_of(found),
        created_at=words.moment_of(found["created"]),
    )
