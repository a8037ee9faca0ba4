"""The hosted billing portal: sessions that open it for one customer."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.errors import invalid, missing, refused
from portal.sandbox.lookup import customer_named, named
from portal.sandbox.operations import Call, operation
from portal.sandbox.portal_configurations import KIND, default_configuration
from portal.sandbox.rows import Row, new_id
from portal.sandbox.views import shown

_FLOWS = ("payment_method_update", "subscription_cancel")
SESSION_S = 3600
"""How long a session's address works."""


@operation("POST", "/v1/billing_portal/sessions", "billing_portal.SessionCreateParams")
def create_session(call: Call) -> Row:
    """Open the portal for a customer; the address is a bearer secret."""
    call.only({"configuration", "customer", "expand", "flow_data", "locale", "return_url"})
    account, params = call.account, call.params
    customer = customer_named(account, params)
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
    if params.get("configuration"):
        found = named(account, KIND, params["configuration"], "configuration", "configuration")
        if not found["active"]:
            raise refused("The configuration is not active.", "configuration")
        return found
    return default_configuration(account)


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
