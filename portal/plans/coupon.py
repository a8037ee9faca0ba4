"""Look a coupon or promotion code up, without asking Stripe twice in a minute."""

from __future__ import annotations

import asyncio
import time

from portal.billing.billed import Discount
from portal.billing.gateway import gateway_of
from portal.errors import EffectError, Problem
from portal.plans.catalogue import Chosen
from portal.plans.discounts import discount_problem, in_currency
from portal.sites.storefront import Storefront

_KEPT_S = 60.0
_MOST_KEPT = 2_000
_PATIENCE_S = 2.0
_LONGEST = 200
_FOUND: dict[tuple[str, str], tuple[float, Discount | None]] = {}


async def read_coupon(
    site: Storefront, code: str, chosen: Chosen | None, locale: str
) -> tuple[Discount | None, Problem | None]:
    """Return what a code gives for what was chosen, or say why it gives nothing."""
    code = code.strip()
    if not code or chosen is None:
        return None, None
    try:
        discount = await _find(site.company_id, code)
    except (EffectError, TimeoutError):
        return None, _unanswered(code)
    if discount is not None:
        discount = in_currency(discount, chosen.pricing.currency)
    problem = discount_problem(discount, chosen, code[:_LONGEST], locale)
    return (None, problem) if problem else (discount, None)


def too_often(code: str) -> Problem:
    """Say that codes were tried too often from here."""
    return Problem("coupon_too_often", "Wait a minute before you try another code.", {"code": code})


def forget_coupons() -> None:
    """Ask Stripe anew."""
    _FOUND.clear()


def _unanswered(code: str) -> Problem:
    return Problem(
        "coupon_unanswered",
        "We could not check the code {code} just now. Try again in a moment, or go on without it.",
        {"code": code},
    )


async def _find(company_id: str, code: str) -> Discount | None:
    if len(code) > _LONGEST or not code.isprintable():
        return None
    key, now = (company_id, code), time.monotonic()
    kept = _FOUND.get(key)
    if kept is not None and now - kept[0] < _KEPT_S:
        return kept[1]
    gateway = await gateway_of(company_id)
    async with asyncio.timeout(_PATIENCE_S):
        discount = await gateway.find_discount(code)
    if len(_FOUND) >= _MOST_KEPT:
        _FOUND.clear()
    _FOUND[key] = (now, discount)
    return discount
