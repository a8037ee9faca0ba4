"""Somebody of whom a document has said nothing yet."""

from __future__ import annotations

from portal.customers.address import Address
from portal.customers.details import CustomerDetails

NOBODY = CustomerDetails(
    email="", email_key="", first_name="", last_name="", organisation="", phone="",
    phone_e164=None, tax_id="", tax_id_type=None, address=Address(), email_marketing=False,
    terms=False,
)  # fmt: skip
"""Of whom nothing is known yet."""
