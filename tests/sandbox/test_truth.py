"""The truth in one call, and what happens in the Dashboard."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.sandbox.conftest import Control
from tests.sandbox.selling import a_price, ada


async def _subscribed(api: Any, **more: Any) -> Any:
    price = await a_price(api, unit_amount=900)
    customer = await ada(api, **more)
    return await api.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": price.id, "quantity": 2}],
            "trial_period_days": 14,
            "metadata": {"onboarding": "1"},
        }
    )


async def test_the_truth_is_what_the_api_says(api: Any, control: Control) -> None:
    made = await _subscribed(api)
    gone = await ada(api, email="grace@example.com")
    await api.customers.delete_async(gone.id)

    truth = await control.get("truth")

    subscription = await api.subscriptions.retrieve_async(made.id)
    (item,) = subscription["items"].data
    (told,) = truth["subscriptions"]
    assert told["items"] == [{"id": item.id, "price": item.price.id, "quantity": 2}]
    assert told["current_period_end"] == item.current_period_end
    for name in told.keys() - {"items", "current_period_end", "metadata"}:
        assert told[name] == subscription[name]
    assert told["metadata"] == {"onboarding": "1"}
    assert [(each["id"], each.get("email")) for each in truth["customers"]] == [
        (made.customer, "ada@example.com"),
        (gone.id, None),
    ]
    assert truth["customers"][1]["deleted"] is True


async def test_something_deleted_in_the_dashboard_tells_of_itself_unless_told_not_to(
    api: Any, control: Control
) -> None:
    first, second = await ada(api), await ada(api)
    act = {"method": "DELETE", "path": f"/v1/customers/{first.id}"}
    quiet = {"method": "DELETE", "path": f"/v1/customers/{second.id}", "event": False}

    done = (await control.post("dashboard", [act, quiet]))["done"]

    assert [each["deleted"] for each in done] == [True, True]
    deleted = (await control.get("events", type="customer.deleted"))["events"]
    assert [each["data"]["object"]["id"] for each in deleted] == [first.id]
    assert [each.id for each in (await api.customers.list_async()).data] == []


async def test_the_dashboard_changes_things_past_faults_and_limits(
    api: Any, control: Control
) -> None:
    made = await _subscribed(api)
    await control.post("faults", {"kind": "reset", "match": "* /v1/*"})
    await control.post("limit", {"per_second": 0})
    await control.delete("requests")
    params = {"cancel_at_period_end": True, "metadata": {"by": "Grace"}}

    await control.post(
        "dashboard", {"method": "POST", "path": f"/v1/subscriptions/{made.id}", "params": params}
    )

    (told,) = (await control.get("truth"))["subscriptions"]
    assert told["cancel_at_period_end"] is True
    assert told["metadata"] == {"onboarding": "1", "by": "Grace"}
    assert (await control.get("requests"))["requests"] == []
    assert (await control.get("rates"))["refused"] == 0


@pytest.mark.parametrize(
    ("act", "status"),
    [
        ({"method": "DELETE", "path": "/v1/customers/cus_nobody"}, 404),
        ({"method": "POST", "path": "/v1/customers", "params": {"email": "ada"}}, 400),
        ({"method": "POST", "path": "/v1/wishes"}, 404),
        ({"path": "/v1/customers"}, 400),
    ],
)
async def test_what_the_dashboard_cannot_do_is_refused(
    http: aiohttp.ClientSession, control: Control, act: Any, status: int
) -> None:
    url = f"{control.address}/_sandbox/dashboard?key={control.key}"
    async with http.post(url, json=act) as reply:
        assert reply.status == status
