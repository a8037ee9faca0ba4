"""What a company needs at Stripe before it can sell: found and adopted, else made; never deleted.

Everything here is safe to repeat. The keys of what is made name what was there before, so that a
repeat after a break-off answers the same object, and a change back and forth makes a new one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from portal.billing import stripe_words as words
from portal.billing.billed import Account
from portal.billing.stripe_wire import StripeWire, keyed, typed
from portal.errors import Refused

_PAGE = 100


async def read_account(gateway: StripeWire) -> Account:
    """Tell whose key it is.

    Raises:
        KeyRejected: nobody's.
    """
    account = await gateway.ask(gateway.v1.accounts.retrieve_current_async())
    return Account(account.id, gateway.livemode)


async def ensure_product(
    gateway: StripeWire,
    *,
    company_key: str,
    plan_key: str,
    name: str,
    description: str,
    known: str | None,
) -> str:
    """Have a product for a plan and return its id (prod_…): the known one, else a marked one."""
    mark = {"portal_plan": f"{company_key}/{plan_key}"}
    found = await _product(gateway, known, mark)
    wanted: dict[str, Any] = {"name": name, "description": description, "metadata": mark}
    if found is None:
        wanted = {field: value for field, value in wanted.items() if value}
        key = _key(gateway, "product", wanted, known)
        made = await gateway.ask(gateway.v1.products.create_async(typed(wanted), keyed(key)))
        return str(gateway.own(made).id)
    if _differs(found, {"name": name, "description": description}, mark):
        await gateway.ask(gateway.v1.products.update_async(found.id, typed(wanted)))
    return str(found.id)


async def ensure_price(
    gateway: StripeWire,
    *,
    product: str,
    lookup_key: str,
    amount: int,
    currency: str,
    interval: str,
    inclusive: bool | None = None,
    meter: str | None = None,
    mark: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Have a price under a lookup key and return its id (price_…).

    A price at Stripe never changes (but for a tax behaviour it did not have): for another amount a
    new one takes the lookup key over, and present subscribers keep the one they have. With a
    meter (mtr_…) the amount is for one of what it counts.
    """
    found = await gateway.first(
        gateway.v1.prices.list_async({"lookup_keys": [lookup_key], "limit": 1}), lambda _: True
    )
    tax = {} if inclusive is None else {"tax_behavior": "inclusive" if inclusive else "exclusive"}
    terms = (product, amount, currency, interval, meter)
    if found is not None and found.active and _terms_of(found) == terms:
        if not words.metadata_of(found).items() >= mark.items():
            await gateway.ask(gateway.v1.prices.update_async(found.id, typed({"metadata": mark})))
        if not tax or found.tax_behavior == tax["tax_behavior"]:
            return str(found.id)
        if found.tax_behavior in (None, "unspecified"):
            await gateway.ask(gateway.v1.prices.update_async(found.id, typed(tax)))
            return str(found.id)
    wanted: dict[str, Any] = {
        "product": product,
        "unit_amount": amount,
        "currency": currency,
        "recurring": {"interval": interval},
        "lookup_key": lookup_key,
        "transfer_lookup_key": True,
    } | tax
    if meter:
        wanted["recurring"] |= {"usage_type": "metered", "meter": meter}
    if mark:
        wanted["metadata"] = dict(mark)
    key = _key(gateway, "price", wanted, found.id if found else None)
    made = await gateway.ask(gateway.v1.prices.create_async(typed(wanted), keyed(key)))
    return str(gateway.own(made).id)


async def ensure_meter(gateway: StripeWire, *, event: str, formula: str, name: str) -> str:
    """Have a meter that counts events of this name and return its id (mtr_…).

    Raises:
        Refused: the one that counts them already does so in another way, which never changes.
    """
    meters = gateway.v1.billing.meters
    found = await gateway.first(
        meters.list_async({"status": "active", "limit": _PAGE}),
        lambda one: one.event_name == event,
    )
    if found is None:
        wanted: dict[str, Any] = {
            "display_name": name,
            "event_name": event,
            "default_aggregation": {"formula": formula},
        }
        key = _key(gateway, "meter", wanted, None)
        made = await gateway.ask(meters.create_async(typed(wanted), keyed(key)))
        return str(gateway.own(made).id)
    if found.default_aggregation.formula != formula:
        raise Refused(
            "other_meter",
            said=f"The meter of {event} counts by {found.default_aggregation.formula}.",
        )
    return str(found.id)


async def ensure_portal_configuration(
    gateway: StripeWire,
    *,
    company_key: str,
    name: str,
    privacy_url: str,
    terms_url: str,
    return_url: str,
    known: str | None,
) -> str:
    """Have a configuration of the billing portal and return its id (bpc_…).

    Customers may change their card and details, see invoices and cancel for the period's end; not
    change their e-mail, which Stripe does not verify.
    """
    mark = {"portal_company": company_key}
    configurations = gateway.v1.billing_portal.configurations
    found = await gateway.first(
        configurations.list_async({"active": True, "limit": _PAGE}),
        lambda one: one.id == known or words.metadata_of(one).items() >= mark.items(),
    )
    wanted = _portal_features() | {
        "name": name,
        "business_profile": {"privacy_policy_url": privacy_url, "terms_of_service_url": terms_url},
        "default_return_url": return_url,
        "metadata": mark,
    }
    if found is None:
        wanted["business_profile"] = {
            name: url for name, url in wanted["business_profile"].items() if url
        }
        key = _key(gateway, "portal", wanted, known)
        found = await gateway.ask(configurations.create_async(typed(wanted), keyed(key)))
        return str(gateway.own(found).id)
    await gateway.ask(configurations.update_async(found.id, typed(wanted)))
    return str(found.id)


def _portal_features() -> dict[str, Any]:
    return {
        "features": {
            "payment_method_update": {"enabled": True},
            "invoice_history": {"enabled": True},
            "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
            "customer_update": {
                "enabled": True,
                "allowed_updates": ["name", "address", "phone", "tax_id"],
            },
        }
    }


async def _product(gateway: StripeWire, known: str | None, mark: Mapping[str, str]) -> Any:
    if known:
        try:
            found = gateway.own(await gateway.ask(gateway.v1.products.retrieve_async(known)))
        except Refused:
            found = None
        if found is not None and not getattr(found, "deleted", False) and found.active:
            return found
    return await gateway.first(
        gateway.v1.products.list_async({"active": True, "limit": _PAGE}),
        lambda one: words.metadata_of(one).items() >= mark.items(),
    )


def _differs(found: Any, fields: Mapping[str, str], mark: Mapping[str, str]) -> bool:
    is_same = all((getattr(found, name, None) or "") == value for name, value in fields.items())
    return not is_same or not words.metadata_of(found).items() >= mark.items()


def _terms_of(price: Any) -> tuple[str, int | None, str, str, str | None]:
    interval = price.recurring.interval if price.recurring else ""
    meter = price.recurring.meter if price.recurring else None
    return words.id_of(price.product), price.unit_amount, price.currency, interval, meter


def _key(gateway: StripeWire, what: str, wanted: Mapping[str, Any], before: str | None) -> str:
    content = json.dumps([gateway.account, what, wanted, before], sort_keys=True)
    return f"setup:{what}:{sha256(content.encode()).hexdigest()}"
