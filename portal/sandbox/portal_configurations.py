"""Configurations of the hosted billing portal: what it offers."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import new_metadata, revising, take
from portal.sandbox.events import emit
from portal.sandbox.listing import listed, matching
from portal.sandbox.operations import Call, operation
from portal.sandbox.rows import Row, new_id
from portal.sandbox.views import shown

KIND = "billing_portal.configuration"
_KNOWN = frozenset(
    {"business_profile", "default_return_url", "expand", "features", "login_page", "metadata"}
    | {"name"}
)
_EMPTY: dict[str, Any] = {"allowed_updates": [], "default_allowed_updates": [], "products": None}


@operation("POST", "/v1/billing_portal/configurations", "billing_portal.ConfigurationCreateParams")
def create_configuration(call: Call) -> Row:
    """Create a configuration of the portal."""
    call.only(_KNOWN)
    row = call.account.add(_new_configuration(call.account, call.params, is_default=False))
    emit(call.account, "billing_portal.configuration.created", row)
    return shown(call.account, row)


def default_configuration(account: Account) -> Row:
    """Give the configuration of sessions that name none; there is always one."""
    for row in account.kind(KIND).values():
        if row["is_default"]:
            return row
    return account.add(_new_configuration(account, {}, is_default=True))


def _new_configuration(account: Account, params: dict[str, Any], *, is_default: bool) -> Row:
    row: Row = {
        "id": new_id("bpc"),
        "object": KIND,
        "active": True,
        "application": None,
        "business_profile": {
            "headline": None,
            "privacy_policy_url": None,
            "terms_of_service_url": None,
        },
        "created": account.now(),
        "default_return_url": params.get("default_return_url") or None,
        "features": _features(on=is_default),
        "is_default": is_default,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": new_metadata(params),
        "name": params.get("name") or None,
        "updated": account.now(),
    }
    _configure(row, params)
    return row


def _features(*, on: bool) -> Row:
    return {
        "customer_update": {
            "allowed_updates": ["address", "name", "phone", "tax_id"] if on else [],
            "enabled": on,
        },
        "invoice_history": {"enabled": on},
        "payment_method_update": {"enabled": on, "payment_method_configuration": None},
        "subscription_cancel": {
            "cancellation_reason": {"enabled": False, "options": ["other"]},
            "enabled": on,
            "mode": "at_period_end",
            "proration_behavior": "none",
        },
        "subscription_pause": {
            "duration": {"interval_options": [], "type": "indefinite"},
            "enabled": False,
        },
        "subscription_update": {
            "default_allowed_updates": [],
            "enabled": False,
            "products": None,
            "proration_behavior": "none",
            "schedule_at_period_end": {"conditions": []},
            "trial_update_behavior": "end_trial",
        },
    }


def _configure(row: Row, params: dict[str, Any]) -> None:
    for name, value in (params.get("business_profile") or {}).items():
        row["business_profile"][name] = value or None
    if "login_page" in params:
        row["login_page"] = {"enabled": params["login_page"]["enabled"], "url": None}
    for name, given in (params.get("features") or {}).items():
        feature = row["features"][name]
        for field, value in (given or {}).items():
            if isinstance(value, dict) and isinstance(feature.get(field), dict):
                feature[field] |= value
            else:
                feature[field] = value if value is not None else _EMPTY.get(field)


@operation("GET", "/v1/billing_portal/configurations", "billing_portal.ConfigurationListParams")
def list_configurations(call: Call) -> Row:
    """List the configurations."""
    rows = call.account.kind(KIND).values()
    found = matching(rows, call.params, "active", "is_default")
    return listed(call, found, "configuration", {"active", "is_default"})


@operation(
    "GET", "/v1/billing_portal/configurations/{id}", "billing_portal.ConfigurationRetrieveParams"
)
def retrieve_configuration(call: Call) -> Row:
    """Give a configuration."""
    return shown(call.account, call.row(KIND, "configuration"))


@operation(
    "POST", "/v1/billing_portal/configurations/{id}", "billing_portal.ConfigurationUpdateParams"
)
def update_configuration(call: Call) -> Row:
    """Change a configuration."""
    call.only(_KNOWN | {"active"})
    account = call.account
    call.row(KIND, "configuration")
    with revising(account, KIND, call.ids["id"], "billing_portal.configuration.updated") as row:
        take(row, call.params, "active", "default_return_url", "name")
        _configure(row, call.params)
        row["updated"] = account.now()
    return shown(account, row)
