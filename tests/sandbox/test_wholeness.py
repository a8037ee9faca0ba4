"""A request happens whole or not at all, wherever it fails."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from portal.sandbox.account import Account
from portal.sandbox.app import create_app
from portal.sandbox.door import answer_api
from portal.sandbox.errors import StripeError
from portal.sandbox.forms import bracketed
from portal.sandbox.wire import Request
from portal.sandbox.world import Sandbox

KEY = "sk_test_whole"


class Breaks:
    """Lets the account refuse the nth change of a row, as a failing middle would."""

    def __init__(self, account: Account) -> None:
        self.left = -1
        self._remember = account._remember
        account._remember = self  # type: ignore[method-assign]

    def __call__(self, kind: str, id: str, row: Any) -> None:
        """Take one change, or fail."""
        self.left -= 1
        if self.left == 0:
            raise StripeError(500, "It broke in the middle.", saved=False)
        self._remember(kind, id, row)


def _world(account: Account) -> Any:
    """Give all that can be seen, in its order."""
    rows = {
        kind: msgspec.json.encode(list(found.values()))
        for kind, found in account.rows.items()
        if found
    }
    emails = {row["email"] for row in account.kind("customer").values() if row.get("email")}
    by_email = {email: [row["id"] for row in account.customers(email)] for email in emails}
    of = {
        (kind, row["customer"]): [each["id"] for each in account.of_customer(kind, row["customer"])]
        for kind in ("subscription", "invoice", "tax_id")
        for row in account.kind(kind).values()
    }
    return rows, by_email, of, dict(account.outbox.waiting)


async def _send(sandbox: Sandbox, method: str, path: str, **params: Any) -> Any:
    """Send a request; `items__0__price` is `items[0][price]`."""
    form = urlencode({bracketed(name.split("__")): value for name, value in params.items()})
    headers = {"authorization": f"Bearer {KEY}"}
    request = Request(method, f"/v1/{path}", "", headers, form.encode())
    if method == "DELETE":
        request = Request(method, f"/v1/{path}", form, headers, b"")
    return await answer_api(sandbox, request)


def _made(account: Account, kind: str) -> str:
    return next(reversed(account.kind(kind)))


async def _a_world(sandbox: Sandbox, account: Account) -> None:
    endpoint = {"url": "http://127.0.0.1:9/x", "enabled_events__0": "*"}
    await _send(sandbox, "POST", "webhook_endpoints", **endpoint)
    await _send(sandbox, "POST", "products", name="Tea")
    price = {"currency": "eur", "unit_amount": 900, "recurring__interval": "month"}
    await _send(sandbox, "POST", "prices", product=_made(account, "product"), **price)
    for email in ("ada@example.com", "grace@example.com"):
        tax_id = {"tax_id_data__0__type": "eu_vat", "tax_id_data__0__value": "DE123456789"}
        await _send(sandbox, "POST", "customers", email=email, **tax_id)
        customer = _made(account, "customer")
        await _send(sandbox, "POST", "payment_methods/pm_card_visa/attach", customer=customer)
        default = {"invoice_settings__default_payment_method": _made(account, "payment_method")}
        await _send(sandbox, "POST", f"customers/{customer}", **default)
        await _send(
            sandbox, "POST", "subscriptions", customer=customer,
            items__0__price=_made(account, "price"), trial_period_days=14,
        )  # fmt: skip


def _requests(account: Account) -> Iterator[tuple[str, str, dict[str, Any]]]:
    customer, price = next(iter(account.kind("customer"))), _made(account, "price")
    subscription = next(iter(account.kind("subscription")))
    tax_id = next(iter(account.kind("tax_id")))
    method = _made(account, "payment_method")
    bought = {"customer": customer, "items__0__price": price}
    yield "POST", "customers", {"email": "mallory@example.com", "metadata__a": "b"}
    yield "POST", f"customers/{customer}", {"email": "ada.king@example.com", "metadata__a": ""}
    yield "DELETE", f"customers/{customer}/tax_ids/{tax_id}", {}
    yield "DELETE", f"customers/{customer}", {}
    yield "POST", "subscriptions", bought
    yield "POST", "subscriptions", bought | {"payment_behavior": "error_if_incomplete"}
    yield "POST", f"subscriptions/{subscription}", {"trial_end": "now"}
    yield "POST", f"subscriptions/{subscription}", {"cancel_at_period_end": "true"}
    yield "DELETE", f"subscriptions/{subscription}", {}
    yield "POST", f"payment_methods/{method}/detach", {}
    yield "POST", "billing_portal/sessions", {"customer": customer}


@pytest.fixture
async def sandbox() -> Sandbox:
    """A sandbox with something in it."""
    found = create_app(public_url="http://127.0.0.1:1", key=KEY).sandbox
    await _a_world(found, found.open_account(KEY))
    return found


@pytest.mark.parametrize("position", range(11))
async def test_a_request_that_breaks_at_any_change_leaves_the_world_as_it_was(
    sandbox: Sandbox, position: int
) -> None:
    account = sandbox.open_account(KEY)
    breaks = Breaks(account)
    before = _world(account)
    method, path, params = list(_requests(account))[position]

    for middle in range(1, 200):
        breaks.left = middle
        answer = await _send(sandbox, method, path, **params)
        if answer.status != 500:
            break
        assert _world(account) == before, f"broken at change {middle}"

    assert answer.status == 200, answer.body
    assert middle > 1
    assert _world(account) != before


@pytest.mark.parametrize("seed", range(3))
async def test_any_request_that_is_refused_leaves_the_world_as_it_was(
    sandbox: Sandbox, seed: int
) -> None:
    account, dice = sandbox.open_account(KEY), random.Random(seed)
    refused = 0
    for _ in range(80):
        method, path, params = dice.choice(list(_requests(account)))
        spoilt = _spoilt(params, dice)
        with _unchanged_if_refused(account) as outcome:
            outcome.append((await _send(sandbox, method, path, **spoilt)).status)
        refused += outcome[0] != 200
        if "customer" in path and method == "DELETE":
            await _a_world(sandbox, account)

    assert refused > 25


def _spoilt(params: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """Give parameters of which one may be missing, wrong or too many."""
    spoils = dice.choice(("none", "drop", "wrong", "unknown", "bad expand"))
    name = dice.choice(list(params) or ["email"])
    if spoils == "drop":
        return {key: value for key, value in params.items() if key != name}
    if spoils == "wrong":
        return params | {name: "nonsense"}
    if spoils == "unknown":
        return params | {"surname": "Lovelace"}
    return params | {"expand__0": "no.such.thing"} if spoils == "bad expand" else params


@contextmanager
def _unchanged_if_refused(account: Account) -> Iterator[list[int]]:
    before, outcome = _world(account), list[int]()
    yield outcome
    assert outcome[0] in (200, 400, 402, 404)
    if outcome[0] != 200:
        assert _world(account) == before
