"""Have at Stripe what our tables say: account, products, prices, portal configuration, webhook."""

from __future__ import annotations

import json
from typing import Any

from portal.billing import stripe_endpoint, stripe_products, stripe_setup
from portal.billing.endpoints import forget_endpoints
from portal.billing.gateway import open_gateway
from portal.billing.stripe_gateway import StripeGateway
from portal.errors import KeyRejected, PortalError
from portal.operations.save import resume_company
from portal.plans.catalogue import ADD_ON
from portal.plans.tables import Plan, Price
from portal.sealing import seal, unseal
from portal.settings import settings
from portal.sites.tables import Company, Site

_SECRETS_KEPT = 2


class OtherAccount(PortalError):
    """The key belongs to another Stripe account than the one this company sells through."""

    status = 409
    code = "other_account"


async def match_stripe(company_id: str) -> list[str]:
    """Make or adopt what the company needs at Stripe, and keep its ids; return a line for each.

    Raises:
        KeyRejected: no key is set, or it is nobody's.
        OtherAccount: the key is of another account than before.
        EffectError: Stripe did not answer, or refused.
    """
    key = settings().stripe_key
    if key is None:
        raise KeyRejected("Set PORTAL_STRIPE_KEY to the company's Stripe key.")
    company = await Company.objects().get(Company.id == company_id)
    assert company is not None
    gateway = open_gateway(key.get_secret_value())
    lines = [await _keep_key(gateway, company, key.get_secret_value())]
    lines += await _match_plans(gateway, company)
    lines.append(await _match_portal(gateway, company))
    lines.append(await _match_webhook(gateway, company))
    return lines


async def _keep_key(gateway: StripeGateway, company: Company, key: str) -> str:
    account = await stripe_setup.read_account(gateway)
    if company.stripe_account not in (None, account.stripe_id):
        raise OtherAccount(
            f"This key is of {account.stripe_id}, but {company.name} sells through "
            f"{company.stripe_account}."
        )
    await _update(
        company,
        {
            Company.stripe_account: account.stripe_id,
            Company.livemode: account.livemode,
            Company.stripe_key: seal(key, "stripe_key"),
        },
    )
    await resume_company(company.id)
    mode = "live" if account.livemode else "test"
    return f"Stripe account {account.stripe_id} ({mode} mode)."


async def _match_plans(gateway: StripeGateway, company: Company) -> list[str]:
    lines = []
    plans = await Plan.select().where(Plan.company == company.id).order_by(Plan.version)
    inclusive = await _tax_behaviour(company.id)
    for plan in {plan["key"]: plan for plan in plans}.values():
        product = await stripe_products.ensure_product(
            gateway,
            company_key=company.key,
            plan_key=plan["key"],
            name=plan["name"],
            description=plan["description"],
            known=plan["stripe_product"],
        )
        meter = await _meter(gateway, plan)
        await Plan.update({Plan.stripe_product: product, Plan.meter: meter}).where(
            Plan.id == plan["id"]
        )
        mark = {"portal_add_on": f"{company.key}/{plan['key']}"}
        for price in await Price.select().where(Price.plan == plan["id"]):
            stripe_id = await stripe_products.ensure_price(
                gateway,
                product=product,
                inclusive=inclusive.get(price["currency"]),
                meter=meter,
                mark=mark if plan["visibility"] == ADD_ON else {},
                **{name: price[name] for name in ("lookup_key", "amount", "currency", "interval")},
            )
            await Price.update({Price.stripe_id: stripe_id}).where(Price.id == price["id"])
            lines.append(f"Price {price['lookup_key']} is {stripe_id}.")
    return lines


async def _meter(gateway: StripeGateway, plan: dict[str, Any]) -> str | None:
    usage = json.loads(plan["usage"] or "null")
    if usage is None:
        return None
    return await stripe_products.ensure_meter(
        gateway, event=usage["event"], formula=usage["formula"], name=plan["name"]
    )


async def _tax_behaviour(company_id: str) -> dict[str, bool]:
    """Say for each currency whether its prices include tax, where a site has tax worked out."""
    sites = await Site.select().where(Site.company == company_id).order_by(Site.number)
    return {
        site["currency"]: site["tax_inclusive"] for site in reversed(sites) if site["tax"] != "none"
    }


async def _match_portal(gateway: StripeGateway, company: Company) -> str:
    site = await Site.objects().where(Site.company == company.id).order_by(Site.number).first()
    assert site is not None
    configuration = await stripe_setup.ensure_portal_configuration(
        gateway,
        company_key=company.key,
        name=company.name,
        privacy_url=site.privacy_url,
        terms_url=site.terms_url,
        return_url=f"{settings().base_url}/account",
        known=company.portal_configuration,
    )
    await _update(company, {Company.portal_configuration: configuration})
    return f"Billing portal configuration {configuration}."


async def _match_webhook(gateway: StripeGateway, company: Company) -> str:
    url = f"{settings().base_url}/webhooks/stripe/{company.key}"
    if not stripe_endpoint.can_reach_us(url, settings().stripe_api):
        return (
            f"Stripe cannot reach {url}, so no webhook endpoint was made. On this machine, run "
            f"`stripe listen --forward-to {url}`; PORTAL_STRIPE_WEBHOOK_SECRET takes its secret."
        )
    secrets = _secrets(company)
    webhook = await stripe_endpoint.ensure_webhook(
        gateway,
        company_key=company.key,
        url=url,
        known=company.webhook_endpoint,
        has_secret=bool(secrets),
    )
    if webhook.secret:
        secrets = [webhook.secret, *secrets][:_SECRETS_KEPT]
    sealed = seal(json.dumps(secrets), "webhook_secrets")
    await _update(
        company,
        {Company.webhook_endpoint: webhook.stripe_id, Company.webhook_secrets: sealed},
    )
    forget_endpoints()
    return f"Webhook endpoint {webhook.stripe_id} at {url}."


def _secrets(company: Company) -> list[str]:
    sealed = company.webhook_secrets
    return json.loads(unseal(sealed, "webhook_secrets")) if sealed else []


async def _update(company: Company, values: dict[Any, Any]) -> None:
    await Company.update(values).where(Company.id == company.id)
