"""The control page: a person moves time, makes things go wrong, and opens billing portals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from portal.sandbox.app import create_app
from portal.sandbox.controls import CONTROLS
from tests.sandbox.browsing import words
from tests.sandbox.conftest import PATIENCE_S, Control, client_of, served
from tests.sandbox.selling import a_price, ada

KEY = "sk_test_sandbox"
DAY_S = 86_400
DESCRIBED = [each for group in CONTROLS.values() for each in group]


@pytest.fixture
async def alone() -> AsyncIterator[str]:
    """A sandbox with one account, as the demo has it."""
    async with served(lambda address: create_app(public_url=address, key=KEY)) as address:
        yield address


@pytest.fixture
async def browser(alone: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without a window."""
    async with httpx.AsyncClient(base_url=alone, timeout=PATIENCE_S, verify=False) as client:
        yield client


@pytest.fixture
async def api(alone: str) -> AsyncIterator[Any]:
    """The real SDK's v1, for the one account."""
    async with client_of(alone, KEY) as client:
        yield client.v1


async def told(browser: httpx.AsyncClient, path: str) -> Any:
    """Ask the control API."""
    return (await browser.get(f"/_sandbox/{path}")).json()


async def send(browser: httpx.AsyncClient, name: str, **typed: str) -> httpx.Response:
    """Send a form of the page."""
    return await browser.post(f"/_sandbox/page/{name}", data=typed)


async def test_an_empty_account_is_chosen_by_itself(browser: httpx.AsyncClient) -> None:
    shown = await browser.get("/_sandbox/")

    assert shown.status_code == 200
    for word in ("No customers yet", "All is well.", "No endpoint yet.", "No event yet."):
        assert word in words(shown)
    assert "script" not in shown.headers["content-security-policy"]


async def test_of_several_accounts_one_is_chosen(http: Any, address: str, control: Control) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE_S, verify=False) as browser:
        listed = await browser.get("/_sandbox/")
        opened = await browser.post("/_sandbox/accounts", json={"key": control.key})
        account = opened.json()["account"]
        chosen = await browser.get(f"/_sandbox/?account={account}")
        nobodys = await send(browser, "clock", to="day")
        moved = await send(browser, "clock", to="day", account=account)

    assert account in words(listed)
    assert f"Account {account}." in words(chosen)
    assert nobodys.status_code == 404
    assert moved.headers["location"] == f"/_sandbox/?account={account}&said=clock#clock"
    assert (await control.get("clock"))["offset"] == DAY_S


async def test_it_shows_customers_plans_requests_and_events(
    browser: httpx.AsyncClient, api: Any
) -> None:
    price = await a_price(api, unit_amount=900)
    customer = await ada(api, name="<script>alert(1)</script>")
    await api.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": price.id}], "trial_period_days": 14}
    )

    shown = await browser.get("/_sandbox/")

    assert "<script" not in shown.text
    for word in ("Tea, Trial", "POST /v1/customers", "customer.created", "To the end of the trial"):
        assert word in words(shown)


@pytest.mark.parametrize(("to", "ahead"), [("hour", 3600), ("day", DAY_S)])
async def test_the_clock_moves_by_a_button(browser: httpx.AsyncClient, to: str, ahead: int) -> None:
    sent = await send(browser, "clock", to=to)

    assert sent.status_code == 303
    assert (await told(browser, "clock"))["offset"] == ahead


async def test_the_clock_moves_a_month_and_to_a_date_but_never_back(
    browser: httpx.AsyncClient,
) -> None:
    await send(browser, "clock", to="month")
    month = (await told(browser, "clock"))["offset"] / DAY_S
    await send(browser, "clock", to="date", at="2099-05-04T10:30")
    now = (await told(browser, "clock"))["now"]
    back = await send(browser, "clock", to="date", at="2001-01-01T00:00")
    empty = await send(browser, "clock", to="date", at="")

    assert 28 <= month <= 31
    assert 0 <= now - 4_081_573_800 < 60
    assert "The clock only goes forward." in words(back)
    assert (back.status_code, empty.status_code) == (400, 400)


async def test_the_clock_moves_to_the_end_of_the_next_trial(
    browser: httpx.AsyncClient, api: Any
) -> None:
    price = await a_price(api, unit_amount=900)
    made = await api.subscriptions.create_async(
        {
            "customer": (await ada(api)).id,
            "items": [{"price": price.id}],
            "trial_period_days": 14,
            "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
        }
    )

    await send(browser, "clock", to="next")
    nothing_left = await send(browser, "clock", to="next")

    assert (await api.subscriptions.retrieve_async(made.id)).status == "paused"
    assert nothing_left.status_code == 303


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("down", {"match": "* /v1/*", "fault": "reset", "times": None}),
        ("slow", {"fault": "delay", "delay": 3}),
        ("limit", {"fault": "status", "status": 429}),
        (
            "error",
            {"match": "POST /v1/subscriptions", "status": 500, "saved": True, "times": 1},
        ),
        ("lost", {"match": "POST /v1/*", "fault": "reset", "when": "after"}),
        ("hang", {"fault": "hang"}),
        ("late", {"kind": "late", "when": "late", "delay": 600, "times": 1}),
        ("rough", {"match": "POST /v1/*", "seed": 1}),
    ],
)
async def test_a_fault_is_set_by_its_name_and_cleared(
    browser: httpx.AsyncClient, name: str, expected: dict[str, Any]
) -> None:
    sent = await send(browser, "faults", fault=name)
    faults = (await told(browser, "faults"))["faults"]
    shown = await browser.get("/_sandbox/")
    await send(browser, "faults", fault="none")

    assert sent.status_code == 303
    assert [{field: fault[field] for field in expected} for fault in faults] == [expected]
    assert "Clear all faults" in words(shown)
    assert (await told(browser, "faults"))["faults"] == []


async def test_a_fault_is_for_some_requests_and_a_few_times(browser: httpx.AsyncClient) -> None:
    await send(browser, "faults", fault="limit", match="GET /v1/customers", times="2")
    auth = {"Authorization": f"Bearer {KEY}"}

    asked = [await browser.get("/v1/customers", headers=auth) for _ in range(3)]
    other = await browser.get("/v1/products", headers=auth)

    assert [each.status_code for each in asked] == [429, 429, 200]
    assert other.status_code == 200


async def test_webhooks_are_paused_dropped_doubled_and_shuffled(
    browser: httpx.AsyncClient,
) -> None:
    sent = await send(browser, "webhooks", paused="on", drop="25", duplicate="100")
    wrong = await send(browser, "webhooks", drop="250", duplicate="0")

    settings = await told(browser, "webhooks")
    assert sent.status_code == 303
    assert wrong.status_code == 400
    assert (settings["paused"], settings["shuffle"]) == (True, False)
    assert (settings["drop"], settings["duplicate"]) == (0.25, 1.0)


async def test_webhooks_are_delayed_forged_and_what_got_lost_is_sent_again(
    browser: httpx.AsyncClient, api: Any
) -> None:
    settings = {"drop": "100", "duplicate": "0", "delay": "60", "signature": "stale"}
    await send(browser, "webhooks", paused="on", **settings)
    await api.webhook_endpoints.create_async(
        {"url": "http://127.0.0.1:9/", "enabled_events": ["customer.created"]}
    )
    await ada(api)

    sent = await send(browser, "undelivered")

    told_of = await told(browser, "webhooks")
    assert sent.headers["location"].endswith("said=undelivered#webhooks")
    assert (told_of["delay"], told_of["signature"]) == (60, "stale")
    assert len((await told(browser, "deliveries"))["deliveries"]) == 2


async def test_limits_are_saved_and_what_they_did_is_told(
    browser: httpx.AsyncClient, api: Any
) -> None:
    await ada(api)

    await send(browser, "limit", per_second="25", per_endpoint="")
    wrong = await send(browser, "limit", per_second="many", per_endpoint="")

    assert await told(browser, "limit") == {"per_second": 25.0, "per_endpoint": None}
    assert wrong.status_code == 400
    assert "So far: 1 answered, 0 refused" in words(await browser.get("/_sandbox/"))


async def test_what_follows_the_last_try_is_chosen(browser: httpx.AsyncClient) -> None:
    await send(browser, "dunning", after_last_try="unpaid")
    wrong = await send(browser, "dunning", after_last_try="forget")

    assert (await told(browser, "dunning"))["after_last_try"] == "unpaid"
    assert wrong.status_code == 400
    assert "becomes unpaid" in words(await browser.get("/_sandbox/"))


async def test_a_key_is_revoked_and_counts_again(browser: httpx.AsyncClient) -> None:
    auth = {"Authorization": f"Bearer {KEY}"}

    await send(browser, "revoke", key=KEY)
    refused = await browser.get("/v1/customers", headers=auth)
    shown = await browser.get("/_sandbox/")
    await send(browser, "restore", key=KEY)

    assert refused.status_code == 401
    assert f"Restore {KEY}" in words(shown)
    assert (await browser.get("/v1/customers", headers=auth)).status_code == 200


async def test_a_fault_is_for_one_customer(browser: httpx.AsyncClient, api: Any) -> None:
    await send(browser, "faults", fault="limit", email="grace@example.com")

    made = await ada(api)

    assert made.email == "ada@example.com"
    assert "grace@example.com" in words(await browser.get("/_sandbox/"))


async def test_an_event_is_replayed(browser: httpx.AsyncClient, api: Any) -> None:
    await send(browser, "webhooks", paused="on", drop="0", duplicate="0")
    await api.webhook_endpoints.create_async(
        {"url": "http://127.0.0.1:9/", "enabled_events": ["customer.created"]}
    )
    await ada(api)
    event = (await told(browser, "events?type=customer.created"))["events"][0]["id"]

    sent = await send(browser, "events", event=event)
    unknown = await send(browser, "events", event="evt_mallory")

    assert sent.status_code == 303
    assert len((await told(browser, "deliveries"))["deliveries"]) == 2
    assert unknown.status_code == 400
    assert (await browser.get(f"/_sandbox/events/{event}/replay")).status_code == 404


async def test_a_billing_portal_is_opened_and_leads_back(
    browser: httpx.AsyncClient, api: Any
) -> None:
    customer = await ada(api)

    sent = await send(browser, "session", customer=customer.id)
    home = await browser.get(sent.headers["location"])
    unknown = await send(browser, "session", customer="cus_mallory")

    assert "Ada Lovelace" in words(home)
    assert "/_sandbox/?account=acct_" in home.text
    assert unknown.status_code == 400


async def test_requests_are_forgotten_and_an_unknown_form_is_not_found(
    browser: httpx.AsyncClient, api: Any
) -> None:
    await ada(api)

    await send(browser, "requests")

    assert (await told(browser, "requests"))["requests"] == []
    assert (await send(browser, "nothing")).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://mallory.example"},
        {"Origin": "null"},
        {"Host": "mallory.example"},
    ],
)
@pytest.mark.parametrize("path", ["page/clock", "clock", "reset"])
async def test_another_sites_page_changes_nothing(
    browser: httpx.AsyncClient, headers: dict[str, str], path: str
) -> None:
    sent = await browser.post(f"/_sandbox/{path}", content='{"advance": 60}', headers=headers)

    assert sent.status_code == 403
    assert (await told(browser, "clock"))["offset"] == 0


async def test_an_address_that_is_not_ours_reads_nothing(browser: httpx.AsyncClient) -> None:
    read = await browser.get("/_sandbox/events", headers={"Host": "mallory.example"})

    assert read.status_code == 403


async def test_the_pages_own_forms_are_let_through(browser: httpx.AsyncClient, alone: str) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": alone}

    sent = await browser.post("/_sandbox/page/clock", data={"to": "day"}, headers=headers)

    assert sent.status_code == 303


async def test_every_address_of_the_control_api_is_described(browser: httpx.AsyncClient) -> None:
    shown = words(await browser.get("/_sandbox/docs"))

    for each in DESCRIBED:
        assert f"{each.method} /_sandbox{each.path}" in shown
    assert "POST /v1/subscriptions/{id}" in shown


@pytest.mark.parametrize(
    "described", [each for each in DESCRIBED if each.method == "GET"], ids=lambda each: each.path
)
async def test_what_is_described_answers(browser: httpx.AsyncClient, described: Any) -> None:
    answer = await browser.get(f"/_sandbox{described.path}")

    assert answer.status_code == 200
    for name in answer.json():
        assert f'"{name}"' in described.answer
