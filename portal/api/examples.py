"""What the document shows of bodies: each is taken as it stands here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Example = Mapping[str, Any]

_LONDON = {
    "line1": "12 St James’s Square",
    "city": "London",
    "postal_code": "SW1Y 4JH",
    "country": "GB",
}

SAID: Example = {
    "external_id": "42",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "display_name": "Ada",
    "organisation": "Analytical Engines Ltd",
    "title": "Countess",
    "salutation": "Dear Ada",
    "username": "ada",
    "phone": "+44 20 7946 0958",
    "address": _LONDON,
    "shipping": {"name": "Ada Lovelace", "phone": "+44 20 7946 0958", "address": _LONDON},
    "billing": {"email": "bills@lovelace.example", "organisation": "Analytical Engines Ltd"},
    "tax_ids": [{"value": "GB980780684", "type": "gb_vat"}],
    "tax_exempt": "none",
    "language": "en",
    "locales": ["en", "fr"],
    "time_zone": "Europe/London",
    "metadata": {"crm": "7"},
    "consents": {"email_marketing": True, "telemarketing": False},
    "invoice_notes": "Order 7",
    "auto_collection": True,
    "allow_direct_debit": False,
    "created_from_ip": "192.0.2.7",
}
NEW_CUSTOMER: Example = {
    **SAID,
    "email": "ada@lovelace.example",
    "site": "1",
    "plan": "studio",
    "interval": "month",
}
CHANGED_CUSTOMER: Example = {
    "organisation": "Difference Engines Ltd",
    "address": {"city": "Oxford"},
    "metadata": {"crm": "", "erp": "8"},
}
