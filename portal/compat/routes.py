"""The doors of the documents: their handlers, and how each words what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal.compat import (
    autosubscribe,
    autosubscribe_usage,
    chargebee_changes,
    chargebee_door,
    core,
    onboard,
    stripe_door,
)
from portal.compat.autosubscribe_errors import in_envelope
from portal.compat.chargebee_errors import chargebee_shaped
from portal.compat.onboard_errors import as_bad_request
from portal.compat.stripe_errors import stripe_shaped
from portal.web.programs.problems import as_problem
from portal.web.shapes import shape_for

COMPAT: Sequence[Any] = (
    onboard.onboard_customer,
    core.create_core_customer,
    core.list_core_customers,
    autosubscribe.create_subscriber,
    autosubscribe.retrieve_subscriber,
    autosubscribe.update_subscriber,
    autosubscribe.cancel_subscriber,
    autosubscribe_usage.send_use,
    autosubscribe_usage.retrieve_use,
    chargebee_door.create_chargebee_customer,
    chargebee_door.list_chargebee_customers,
    chargebee_door.retrieve_chargebee_customer,
    chargebee_changes.update_chargebee_customer,
    chargebee_changes.update_chargebee_billing_info,
    chargebee_door.delete_chargebee_customer,
    stripe_door.create_stripe_customer,
    stripe_door.retrieve_stripe_customer,
    stripe_door.update_stripe_customer,
    stripe_door.delete_stripe_customer,
    stripe_door.list_stripe_customers,
)

shape_for("/compat/onboard", as_bad_request)
shape_for("/compat/core", as_problem)
shape_for("/compat/v1", in_envelope)
shape_for("/compat/api", chargebee_shaped)
shape_for("/compat/stripe", stripe_shaped)
