"""What a reader sees of a row: nested objects filled in, and `expand[]` followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.errors import invalid
from portal.sandbox.rows import Row, copied

View = Callable[[Account, Row, Row], None]
Include = Callable[[Account, Row], Any]

_views: dict[str, View] = {}
_includes: dict[tuple[str, str], Include] = {}

_KINDS_BY_PREFIX = {
    "acct": "account",
    "cus": "customer",
    "prod": "product",
    "price": "price",
    "sub": "subscription",
    "si": "subscription_item",
    "in": "invoice",
    "ii": "invoiceitem",
    "pm": "payment_method",
    "seti": "setup_intent",
    "pi": "payment_intent",
    "ch": "charge",
    "re": "refund",
    "di": "discount",
    "promo": "promotion_code",
    "txr": "tax_rate",
    "bpc": "billing_portal.configuration",
    "clock": "test_helpers.test_clock",
    "txi": "tax_id",
    "cs": "checkout.session",
    "cbtxn": "customer_balance_transaction",
    "mtr": "billing.meter",
}


def view(kind: str) -> Callable[[View], View]:
    """Let a function fill in what a row of this kind shows besides its own fields."""

    def keep(function: View) -> View:
        _views[kind] = function
        return function

    return keep


def include(kind: str, field: str) -> Callable[[Include], Include]:
    """Let a function give a field that is shown only when it is asked for with `expand[]`.

    A field within another is named with it: `restrictions.currency_options`.
    """

    def keep(function: Include) -> Include:
        _includes[kind, field] = function
        return function

    return keep


def shown(account: Account, row: Row) -> Row:
    """Give a row as Stripe shows it, unexpanded; the answer is the caller's own copy."""
    seen: Row = copied({name: value for name, value in row.items() if name[0] != "_"})
    if fill := _views.get(row["object"]):
        fill(account, row, seen)
    if account.livemode:
        _mark_live(seen)
    return seen


def _mark_live(seen: Any) -> None:
    if isinstance(seen, dict) and "livemode" in seen:
        seen["livemode"] = True
    if isinstance(seen, dict | list):
        for each in seen.values() if isinstance(seen, dict) else seen:
            _mark_live(each)


def list_of(data: list[Row], url: str, *, has_more: bool = False) -> Row:
    """Wrap rows as Stripe's list object."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def expand(account: Account, seen: Row, paths: list[str]) -> Row:
    """Follow `expand[]` paths such as `latest_invoice.payments` and `data.customer` in place."""
    for path in paths:
        steps = path.split(".")
        if len([step for step in steps if step != "data"]) > 4:
            raise invalid(
                f"You cannot expand more than 4 levels of a property. Property: {path}", "expand"
            )
        _expand(account, seen, steps, path)
    return seen


def _expand(account: Account, place: Row, steps: list[str], path: str) -> None:
    step, rest = steps[0], steps[1:]
    within = _includes.get((place.get("object", ""), ".".join(steps[:2]))) if rest else None
    if within:
        place[step][rest[0]] = within(account, _row_behind(account, place))
        return
    if (place.get("object"), step) in _includes:
        if step not in place:
            row = _row_behind(account, place)
            place[step] = _includes[place["object"], step](account, row)
    elif step not in place:
        if place.get("deleted"):
            return
        raise invalid(f"This property cannot be expanded ({path}).", "expand")
    place[step] = _opened(account, place[step])
    found = place[step]
    if not rest and not _is_expandable(found):
        raise invalid(f"This property cannot be expanded ({path}).", "expand")
    if rest:
        for each in found if isinstance(found, list) else [found]:
            if isinstance(each, dict):
                _expand(account, each, rest, path)


def _row_behind(account: Account, seen: Row) -> Row:
    return account.get(seen["object"], seen.get("id")) or seen


def _opened(account: Account, value: Any) -> Any:
    if isinstance(value, str):
        row = find_by_id(account, value)
        return value if row is None else shown(account, row)
    if isinstance(value, list):
        return [_opened(account, each) for each in value]
    return value


def _is_expandable(value: Any) -> bool:
    return value is None or isinstance(value, dict | list)


def find_by_id(account: Account, id: str) -> Row | None:
    """Find a row of any kind by the prefix of its id; coupons have ids of any form."""
    if id.startswith("sub_sched_"):
        return account.get("subscription_schedule", id)
    kind = _KINDS_BY_PREFIX.get(id.partition("_")[0], "coupon")
    return account.get(kind, id)
