"""Every route of our own API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal.api import customers
from portal.api.deliveries import DELIVERIES
from portal.api.schema import SCHEMA
from portal.api.webhooks import WEBHOOKS

API: Sequence[Any] = (
    customers.create_customer,
    customers.retrieve_customer,
    *WEBHOOKS,
    *DELIVERIES,
    *SCHEMA,
)
