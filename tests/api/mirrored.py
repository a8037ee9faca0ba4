"""Two companies with the same in them: Ada's at Acme, Mallory's at Harbor."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from portal import clock
from portal.access.keys import SCOPES, create_key, revoke_key
from portal.customers.avatar import keep_avatar
from portal.database import run_sql
from portal.deliveries.endpoints import change_endpoint, create_endpoint
from portal.ids import new_id
from portal.piccolo_app import APP_CONFIG
from tests.chaos.companies import second_company
from tests.customers.pictures import picture
from tests.onboarding.shop import Shop

OFTEN = 1_000_000
# What using a key, looking, or a worker's beat changes by itself.
_LOOKED = {
    "api_key": ("last_used_at",),
    "audit_entry": ("number", "hash"),
    "worker_process": ("seen_at",),
}


@dataclass(frozen=True, slots=True)
class Side:
    """One company: its shop, what there is in it by kind, and a key that may do all."""

    shop: Shop
    ids: dict[str, str]
    key: str


async def two_sides(shop: Shop) -> tuple[Side, Side]:
    """Have a customer with a plan, and a webhook endpoint, at each of two companies."""
    harbor = await second_company(shop)
    return await _side(shop, "ada@lovelace.example"), await _side(harbor, "mallory@trudy.example")


async def _side(shop: Shop, email: str) -> Side:
    signed_up = await shop.sign_up("studio", email=email)
    await shop.work_in_the_end()
    company = shop.site.company_id
    (plan,) = await run_sql("SELECT id FROM plan WHERE company = {} AND key = 'studio'", company)
    (held,) = await run_sql(
        "SELECT stripe_id FROM subscription WHERE customer = {}", signed_up.customer
    )
    await keep_avatar(signed_up.customer, company, picture())
    (there,) = await run_sql("SELECT stripe_id FROM customer WHERE id = {}", signed_up.customer)
    ids = {
        "customer": signed_up.customer,
        "site": shop.site.id,
        "company": company,
        "plan": plan["id"],
        "subscription": held["stripe_id"],
        "gateway_customer": there["stripe_id"],
        **await _told_of_long_ago(shop, signed_up.customer),
    }
    return Side(shop, ids, await key_of(company, SCOPES, label="all"))


async def _told_of_long_ago(shop: Shop, customer: str) -> dict[str, str]:
    """Have an endpoint that is off by now, so that nobody is called, and one delivery to it."""
    endpoint, _ = await create_endpoint(shop.site, url="https://shop.example/", actor="operator")
    await change_endpoint(shop.site.company_id, endpoint.id, is_on=False, actor="operator")
    message, delivery, now = new_id("msg"), new_id("dlv"), clock.now()
    await run_sql(
        "INSERT INTO webhook_event (id, company, site, type, customer, body, created_at)"
        " VALUES ({}, {}, {}, 'customer.created', {}, {}, {})",
        *(message, shop.site.company_id, shop.site.id, customer, "{}", now),
    )
    await run_sql(
        "INSERT INTO webhook_delivery (id, event, endpoint, replay_of, state, attempts, next_at,"
        " said, created_at) VALUES ({}, {}, {}, '', 'done', 1, {}, '', {})",
        *(delivery, message, endpoint.id, now, now),
    )
    return {"endpoint": endpoint.id, "delivery": delivery}


async def key_of(company: str, scopes: Collection[str], *, label: str, **more: Any) -> str:
    """Make a key that is never too fast; return its text."""
    made = await create_key(company, scopes=scopes, label=label, per_minute=OFTEN, **more)
    return made.text


async def bad_keys(company: str) -> dict[str, str]:
    """Return keys that let nobody in, by what is wrong with each."""
    good = await key_of(company, SCOPES, label="good")
    revoked = await create_key(company, label="revoked")
    await revoke_key(revoked.id)
    past = clock.now() - timedelta(seconds=1)
    live = await key_of(company, SCOPES, label="live")
    gone = await create_key(company, label="gone")
    await run_sql("DELETE FROM api_key WHERE id = {}", gone.id)
    other = "a" if good[-1] != "a" else "b"
    return {
        "malformed": "portal_test_sk_nonsense",
        "no key of ours": "sk_test_51H0000000000000000000000",
        "a slip in it": good[:-1] + other,
        "unknown": gone.text,
        "revoked": revoked.text,
        "expired": await key_of(company, SCOPES, label="expired", expires_at=past),
        "of the other mode": live.replace("portal_test", "portal_live"),
    }


async def everything() -> dict[str, list[Any]]:
    """Return every row of every table, but for what looking alone changes."""
    kept = {}
    for table in APP_CONFIG.table_classes:
        name = table._meta.tablename
        columns = {column._meta.name for column in table._meta.columns} - {*_LOOKED.get(name, ())}
        rows = await run_sql(f"SELECT {', '.join(sorted(columns))} FROM {name}")
        kept[name] = sorted(rows, key=str)
    return kept
