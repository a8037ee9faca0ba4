"""Every route of our own API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal.api import (
    avatars,
    changes,
    customer_changes,
    customer_ends,
    customer_lists,
    customers,
    plans,
    portal_sessions,
    subscriptions,
    usage,
)
from portal.api.deliveries import DELIVERIES
from portal.api.schema import SCHEMA
from portal.api.webhooks import WEBHOOKS

API: Sequence[Any] = (
    customers.create_customer,
    customers.retrieve_customer,
    subscriptions.list_subscriptions,
    subscriptions.retrieve_subscription,
    changes.preview_subscription,
    changes.change_subscription,
    changes.set_add_ons,
    changes.cancel_subscription,
    changes.keep_subscription,
    changes.pause_subscription,
    changes.resume_subscription,
    plans.list_plans,
    plans.retrieve_plan,
    plans.list_sites,
    plans.retrieve_site,
    usage.send_usage_events,
    usage.list_usage,
    portal_sessions.create_portal_session,
    customer_changes.change_a_customer,
    customer_lists.list_all_customers,
    customer_lists.search_customers,
    customer_ends.remove_customer,
    customer_ends.erase_customer,
    avatars.put_avatar,
    avatars.show_avatar,
    avatars.remove_an_avatar,
    *WEBHOOKS,
    *DELIVERIES,
    *SCHEMA,
)
