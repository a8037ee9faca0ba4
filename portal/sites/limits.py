"""The limits that a site may set otherwise, each with what it is where a site says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LIMITS: Mapping[str, int] = MappingProxyType(
    {
        # Of one network address. Beyond them a sign-up is not refused: a mail confirms it first.
        "sign_ups_per_minute": 5,
        "sign_ups_per_hour": 20,
        "checks_per_minute": 120,
        "sign_ins_per_minute": 5,
        "sign_ins_per_hour": 20,
        # Of one e-mail address, and of each kind of mail that anybody can ask for.
        "mails_per_hour": 3,
        "mails_per_day": 10,
        # Of one site: what is declared to the seller beyond them comes in one mail, later.
        "seller_mails_per_hour": 10,
        # To where Stripe takes cards, of one customer and from one network address; and of one
        # customer by the seller's programs.
        "billing_visits_per_hour": 5,
        "network_billing_visits_per_hour": 20,
        "program_billing_visits_per_hour": 20,
        # Of each.
        "codes_per_minute": 6,
        "codes_per_hour": 12,
    }
)
