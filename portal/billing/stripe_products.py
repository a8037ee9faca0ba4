"""What a company sells, at Stripe: products, prices, meters. Safe to repeat, as all set-up is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from portal.billing import stripe_words as words
from portal.billing.stripe_setup import PAGE, is_marked, make
from portal.billing.stripe_wire import StripeWire, typed
from portal.errors import Refused

# Product, amount, currency, interval, meter.
_Terms: TypeAlias = tuple[str, int | None, str, str, str | None]


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
        return await make(gateway, "product", gateway.v1.products.create_async, wanted, known)
    if _differs(found, {"name": name, "description": description}, mark):
        await gateway.ask(gateway.v1.products.update_async(found.id, typed(wanted)))
    return str(found.id)


async def _product(gateway: StripeWire, known: str | None, mark: Mapping[str, str]) -> Any:
    if known:
        try:
            found = gateway.own(await gateway.ask(gateway.v1.products.retrieve_async(known)))
        except Refused:
            found = None
        if found is not None and not getattr(found, "deleted", False) and found.active:
            return found
    return await gateway.first(
        gateway.v1.products.list_async({"active": True, "limit": PAGE}),
        lambda one: is_marked(one, mark),
    )


def _differs(found: Any, fields: Mapping[str, str], mark: Mapping[str, str]) -> bool:
    is_same = all((getattr(found, name, None) or "") == value for name, value in fields.items())
    return not is_same or not is_marked(found, mark)


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
    prices, terms = gateway.v1.prices, (product, amount, currency, interval, meter)
    found = await gateway.first(
        prices.list_async({"lookup_keys": [lookup_key], "limit": 1}), lambda _: True
    )
    tax = {} if inclusive is None else {"tax_behavior": "inclusive" if inclusive else "exclusive"}
    if found is not None and await _will_do(gateway, found, terms, tax, mark):
        return str(found.id)
    wanted: dict[str, Any] = {
        "product": product,
        "unit_amount": amount,
        "currency": currency,
        "recurring": _recurring(interval, meter),
        "lookup_key": lookup_key,
        "transfer_lookup_key": True,
        **tax,
        **({"metadata": dict(mark)} if mark else {}),
    }
    return await make(gateway, "price", prices.create_async, wanted, found.id if found else None)


async def _will_do(
    gateway: StripeWire,
    price: Any,
    terms: _Terms,
    tax: Mapping[str, str],
    mark: Mapping[str, str],
) -> bool:
    """Tell whether a price is the wanted one, once its mark and a missing tax behaviour are set."""
    if not price.active or _terms_of(price) != terms:
        return False
    if not is_marked(price, mark):
        await gateway.ask(gateway.v1.prices.update_async(price.id, typed({"metadata": mark})))
    if not tax or price.tax_behavior == tax["tax_behavior"]:
        return True
    if price.tax_behavior in (None, "unspecified"):
        await gateway.ask(gateway.v1.prices.update_async(price.id, typed(tax)))
        return True
    return False


def _terms_of(price: Any) -> _Terms:
    interval = price.recurring.interval if price.recurring else ""
    meter = price.recurring.meter if price.recurring else None
    return words.id_of(price.product), price.unit_amount, price.currency, interval, meter


def _recurring(interval: str, meter: str | None) -> dict[str, str]:
    metered = {"usage_type": "metered", "meter": meter} if meter else {}
    return {"interval": interval} | metered


async def ensure_meter(gateway: StripeWire, *, event: str, formula: str, name: str) -> str:
    """Have a meter that counts events of this name and return its id (mtr_…).

    Raises:
        Refused: the one that counts them already does so in another way, which never changes.
    """
    meters = gateway.v1.billing.meters
    found = await gateway.first(
        meters.list_async({"status": "active", "limit": PAGE}),
        lambda one: one.event_name == event,
    )
    if found is None:
        wanted: dict[str, Any] = {
            "display_name": name,
            "event_name": event,
            "default_aggregation": {"formula": formula},
        }
        return await make(gateway, "meter", meters.create_async, wanted)
    if found.default_aggregation.formula != formula:
        raise Refused(
            "other_meter",
            said=f"The meter of {event} counts by {found.default_aggregation.formula}.",
        )
    return str(found.id)
