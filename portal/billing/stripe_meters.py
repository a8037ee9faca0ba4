"""What customers used of what a meter counts: told to Stripe, and as Stripe has it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from portal.billing.gateway import REQUEST_S
from portal.billing.stripe_wire import StripeWire

_MINUTE_S = 60


class StripeMeters(StripeWire):
    """What we tell Stripe of use, and ask of it for people who look at it, and wait."""

    async def send_use(
        self,
        meter: str,
        customer_stripe_id: str,
        quantity: str,
        *,
        at: int,
        identifier: str,
        key: str,
    ) -> None:
        """Have a use counted, once for its identifier, by the meter of events of this name.

        Source: https://docs.stripe.com/api/billing/meter-event/create
        """
        params = {
            "event_name": meter,
            "identifier": identifier,
            "payload": {"stripe_customer_id": customer_stripe_id, "value": quantity},
            "timestamp": at,
        }
        await self.post("billing", "meter_events", params=params, key=key)

    async def fetch_use(
        self, meter: str, customer_stripe_id: str, *, since: datetime, until: datetime
    ) -> Decimal:
        """Sum up what a customer used from a time to another, which may be to come.

        Stripe counts whole minutes, and events some time after they were reported.
        Source: https://docs.stripe.com/api/billing/meter-event-summary/list
        """
        wanted: dict[str, Any] = {
            "customer": customer_stripe_id,
            "start_time": int(since.timestamp()) // _MINUTE_S * _MINUTE_S,
            "end_time": -(-int(until.timestamp()) // _MINUTE_S) * _MINUTE_S,
        }
        path = "billing", "meters", meter, "event_summaries"
        found = await self._send("get", path, wanted, REQUEST_S)
        summaries = [self.own(one) for one in found["data"]]
        return sum((Decimal(str(one["aggregated_value"])) for one in summaries), Decimal(0))
