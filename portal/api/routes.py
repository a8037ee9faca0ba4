"""Every route of our own API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal.api import customers
from portal.api.schema import SCHEMA

API: Sequence[Any] = (
    customers.create_customer,
    customers.retrieve_customer,
    *SCHEMA,
)
