"""The five documents that doors speak, each with what became of its rows."""

from __future__ import annotations

from portal.compat.autosubscribe_rows import ROWS as AUTOSUBSCRIBE
from portal.compat.chargebee_rows import ROWS as CHARGEBEE
from portal.compat.core_rows import ROWS as CORE
from portal.compat.onboard_rows import ROWS as ONBOARD
from portal.compat.rows import Document
from portal.compat.stripe_rows import ROWS as STRIPE

DOCUMENTS = (
    Document(
        "000",
        "onboard a customer",
        "POST /compat/onboard/customers",
        ONBOARD,
    ),
    Document(
        "001",
        "create a customer",
        "POST /compat/core/v1/customers?site_id=",
        CORE,
    ),
    Document(
        "002",
        "create a customer with a subscription",
        "POST /compat/v1/company/{companyId}/country/{countryId}/customer",
        AUTOSUBSCRIBE,
    ),
    Document(
        "003",
        "POST /customers, form-encoded",
        "/compat/api/v1/customers and /compat/api/v2/customers",
        CHARGEBEE,
    ),
    Document(
        "004",
        "customers, form-encoded with brackets",
        "/compat/stripe/v1/customers",
        STRIPE,
    ),
)
