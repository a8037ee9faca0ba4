"""The hosted billing portal: configurations, and sessions that open it for one customer."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account, Row, new_id
from portal.sandbox.changes import new_metadata, revising, take
from portal.sandbox.errors import invalid, missing, refused
from portal.sandbox.listing import listed, matching
from portal.sandbox.lookup import living_customer, named
from portal.sandbox.operations import Call, operation
from portal.sandbox.views import shown

_FLOWS = ("payment_method_update", "subscription_cancel")
SESSION_S = 3600
"""How long a session's address works."""


@operation("POST", "/v1/billing_portal/sessions", "billing_portal.SessionCreateParams")
def create_session(call: Call) -> Row:
    """Open the portal for a customer; the address is a bearer secret."""
    call.only({"configuration", "customer", "expand", "flow_data", "locale", "return_url"})
    account, params = call.account, call.params
    if "customer" not in params:
        raise missing("customer")
    customer = living_customer(account, params["customer"], "customer")
    account.follow(customer)
    configuration = _configuration(account, params)
    flow = _flow(account, customer, params["flow_data"]) if "flow_data" in params else None
    token = new_id("test", 60)
    row = account.add(
        {
            "id": new_id("bps"),
            "object": "billing_portal.session",
            "configuration": configuration["id"],
            "created": account.now(),
            "customer": customer["id"],
            "customer_account": None,
            "flow": flow,
            "livemode": False,
            "locale": params.get("locale"),
            "on_behalf_of": None,
            "return_url": params.get("return_url") or configuration["default_return_url"],
            "url": f"{account.public_url}/p/session/{token}",
            "_expires_at": account.account_time() + SESSION_S,
            "_is_flow_done": False,
        }
    )
    account.add({"id": token, "kind": "billing_portal.session", "of": row["id"]}, "_token")
    return shown(account, row)


def _configuration(account: Account, params: dict[str, Any]) -> Row:
    kind = "billing_portal.configuration"
    if params.get("configuration"):
        found = named(account, kind, params["configuration"], "configuration", "configuration")
        if not found["active"]:
            raise refused("The configuration is not active.", "configuration")
        return found
    for row in account.kind(kind).values():
        if row["is_default"]:
            return row
    return account.add(_new_configuration(account, {}, is_default=True))


def _flow(account: Account, customer: Row, given: dict[str, Any]) -> Row:
    type = given["type"]
    if type not in _FLOWS:
        raise invalid(f"The sandbox does not know the flow {type} yet.", "flow_data[type]")
    flow: Row = {
        "after_completion": _after(given.get("after_completion") or {"type": "portal_homepage"}),
        "subscription_cancel": None,
        "subscription_pause": None,
        "subscription_update": None,
        "subscription_update_confirm": None,
        "type": type,
    }
    if type == "subscription_cancel":
        param = "flow_data[subscription_cancel][subscription]"
        if "subscription_cancel" not in given:
            raise missing(param)
        row = named(account, "subscription", given["subscription_cancel"]["subscription"], param)
        if row["customer"] != customer["id"] or row["status"] == "canceled":
            raise refused("This subscription cannot be canceled in this session.", param)
        flow["subscription_cancel"] = {"retention": None, "subscription": row["id"]}
    return flow


def _after(given: dict[str, Any]) -> Row:
    if given["type"] == "redirect" and "redirect" not in given:
        raise missing("flow_data[after_completion][redirect]")
    confirmation = given.get("hosted_confirmation")
    return {
        "hosted_confirmation": {"custom_message": confirmation.get("custom_message")}
        if confirmation
        else None,
        "redirect": given.get("redirect"),
        "type": given["type"],
    }


@operation("POST", "/v1/billing_portal/configurations", "billing_portal.ConfigurationCreateParams")
def create_configuration(call: Call) -> Row:
    """Create a configuration of the portal."""
    call.only(_CONFIGURATION | {"default_return_url"})
    row = call.account.add(_new_configuration(call.account, call.params, is_default=False))
    return shown(call.account, row)


_CONFIGURATION = frozenset(
    {
        "business_profile",
        "default_return_url",
        "expand",
        "features",
        "login_page",
        "metadata",
        "name",
    }
)


def _new_configuration(account: Account, params: dict[str, Any], *, is_default: bool) -> Row:
    row: Row = {
        "id": new_id("bpc"),
        "object": "billing_portal.configuration",
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


_EMPTY: dict[str, Any] = {"allowed_updates": [], "default_allowed_updates": [], "products": None}


@operation("GET", "/v1/billing_portal/configurations", "billing_portal.ConfigurationListParams")
def list_configurations(call: Call) -> Row:
    """List the configurations."""
    rows = call.account.kind("billing_portal.configuration").values()
    found = matching(rows, call.params, "active", "is_default")
    return listed(call, found, "configuration", {"active", "is_default"})


@operation(
    "GET", "/v1/billing_portal/configurations/{id}", "billing_portal.ConfigurationRetrieveParams"
)
def retrieve_configuration(call: Call) -> Row:
    """Give a configuration."""
    return shown(call.account, call.row("billing_portal.configuration", "configuration"))


@operation(
    "POST", "/v1/billing_portal/configurations/{id}", "billing_portal.ConfigurationUpdateParams"
)
def update_configuration(call: Call) -> Row:
    """Change a configuration."""
    call.only(_CONFIGURATION | {"active"})
    account, kind = call.account, "billing_portal.configuration"
    call.row(kind, "configuration")
    with revising(account, kind, call.ids["id"], "billing_portal.configuration.updated") as row:
        take(row, call.params, "active", "default_return_url", "name")
        _configure(row, call.params)
        row["updated"] = account.now()
    return shown(account, row)
