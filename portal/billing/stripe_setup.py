"""What a company needs at Stripe before it can sell: found and adopted, else made; never deleted.

Everything here is safe to repeat. The keys of what is made name what was there before, so that a
repeat after a break-off answers the same object, and a change back and forth makes a new one.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Any

from portal.billing import stripe_words as words
from portal.billing.billed import Account
from portal.billing.stripe_wire import StripeWire, keyed, typed

PAGE = 100


async def read_account(gateway: StripeWire) -> Account:
    """Tell whose key it is.

    Raises:
        KeyRejected: nobody's.
    """
    account = await gateway.ask(gateway.v1.accounts.retrieve_current_async())
    return Account(account.id, gateway.livemode)


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
        configurations.list_async({"active": True, "limit": PAGE}),
        lambda one: one.id == known or is_marked(one, mark),
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
        return await make(gateway, "portal", configurations.create_async, wanted, known)
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


def is_marked(found: Any, mark: Mapping[str, str]) -> bool:
    """Tell whether something bears a mark of ours."""
    return words.metadata_of(found).items() >= mark.items()


async def make(
    gateway: StripeWire,
    what: str,
    create: Callable[..., Awaitable[Any]],
    wanted: Mapping[str, Any],
    before: str | None = None,
) -> str:
    """Make something under a key of what is wanted, and what there was before; return its id."""
    content = json.dumps([gateway.account, what, wanted, before], sort_keys=True)
    key = f"setup:{what}:{sha256(content.encode()).hexdigest()}"
    return str(gateway.own(await gateway.ask(create(typed(wanted), keyed(key)))).id)
