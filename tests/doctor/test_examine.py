"""The doctor finds nothing wrong with what is well, and names each thing that is not."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from portal import clock
from portal.billing.billed_customers import gone
from portal.billing.gateway import close_gateways
from portal.billing.inbox import keep
from portal.billing.stripe_events import BillingEvent
from portal.database import is_sqlite, open_database, run_sql, transaction
from portal.doctor.examine import examine
from portal.doctor.finding import Finding
from portal.operations.crew import say_alive
from portal.operations.enqueue import enqueue
from portal.operations.save import pause_company
from portal.plans.apply import apply_declaration
from portal.plans.declaration import read_declaration
from portal.privacy.erasure import ask_erasure
from portal.settings import configure
from portal.sites.tables import Company
from portal.subscriptions.copies import KEEP_PROFILE, profile_values
from portal.subscriptions.tables import PlanChange
from tests.deliveries.conftest import Inbox, mail_server
from tests.deliveries.telling import listen_at
from tests.local_stripe import LocalStripe
from tests.onboarding.shop import Shop, operations
from tests.plans.declared import DECLARED
from tests.processes import environment


@pytest.fixture
async def seller(database: str, sandbox: LocalStripe) -> AsyncIterator[LocalStripe]:
    """A company that is applied here and at the sandbox."""
    await apply_declaration(read_declaration(DECLARED))
    yield sandbox
    await close_gateways()


async def found() -> dict[str, Finding]:
    """Have everything looked at, and open the database again for the test."""
    findings = {finding.check: finding async for finding in examine()}
    await open_database(prepare=False)
    return findings


async def states(*of: str) -> set[str]:
    findings = await found()
    return {findings[name].state for name in of}


async def test_all_is_well_with_what_was_just_applied(seller: LocalStripe) -> None:
    await say_alive("work_1")
    findings = await found()

    wrong = {each.check: each.sentence for each in findings.values() if each.state != "ok"}
    assert wrong == {"webhook seen": "No event came yet; nothing has happened either."}
    expected = {
        "settings", "secret", "base URL", "disk", "mail", "DNS", "database", "Stripe key",
        "Stripe permissions", "clock", "billing portal", "webhook endpoint", "webhook seen",
        "other events", "pause", "operations", "inbox", "workers", "erasures",
        "deletions", "webhooks out",
    }  # fmt: skip
    assert set(findings) == expected | ({"SQLite's file"} if is_sqlite() else set())


async def test_that_nobody_works_is_told_of(seller: LocalStripe) -> None:
    assert await states("workers") == {"warning"}

    await say_alive("work_1")

    assert await states("workers") == {"ok"}


async def test_it_makes_and_changes_nothing_at_stripe(seller: LocalStripe) -> None:
    kinds = ("customer", "subscription", "product", "price", "webhook_endpoint")
    before = [await seller.objects(kind) for kind in kinds]

    await found()

    assert [await seller.objects(kind) for kind in kinds] == before


async def test_a_key_that_is_refused_is_told_and_the_rest_goes_on(seller: LocalStripe) -> None:
    await seller.fault(match="* /v1/*", fault="status", status=401)

    findings = await found()

    assert findings["Stripe key"].state == "failed"
    assert "portal apply" in findings["Stripe key"].sentence
    assert "Stripe permissions" not in findings
    assert findings["operations"].state == "ok"


async def test_a_stripe_that_does_not_answer_is_not_a_wrong_key(seller: LocalStripe) -> None:
    await seller.fault(match="* /v1/*", fault="reset")

    assert "does not answer" in (await found())["Stripe key"].sentence


@pytest.mark.parametrize(
    ("match", "said"),
    [
        ("GET /v1/prices", "read prices"),
        ("GET /v1/events", "read events"),
        ("GET /v1/coupons", "read coupons"),
        ("GET /v1/promotion_codes", "read promotion codes"),
        ("GET /v1/customers/*/payment_methods", "read payment methods"),
        ("POST /v1/customers/cus_portaldoctor", "write customers"),
        ("POST /v1/customers/*/tax_ids", "write tax ids"),
        ("POST /v1/subscription_schedules/*", "write subscription schedules"),
        ("POST /v1/invoices/*", "write invoices"),
        ("POST /v1/subscriptions/*", "write subscriptions"),
        ("POST /v1/billing_portal/sessions", "write billing portal sessions"),
    ],
)
async def test_a_permission_that_is_missing_is_named(
    seller: LocalStripe, match: str, said: str
) -> None:
    await seller.fault(match=match, fault="status", status=403)

    permissions = (await found())["Stripe permissions"]

    assert permissions.state == "failed"
    assert f"may not {said}:" in permissions.sentence


async def test_a_key_of_another_account_is_noticed(seller: LocalStripe) -> None:
    await Company.update({Company.stripe_account: "acct_other"}, force=True)

    key = (await found())["Stripe key"]

    assert key.state == "failed"
    assert "customers are at acct_other" in key.sentence


async def test_a_key_of_the_other_mode_is_noticed(seller: LocalStripe) -> None:
    await Company.update({Company.livemode: True}, force=True)
    await close_gateways()

    assert "other mode" in (await found())["Stripe key"].sentence


async def test_a_key_that_may_not_say_whose_it_is_gets_a_warning(seller: LocalStripe) -> None:
    await seller.fault(match="GET /v1/account", fault="status", status=403)

    assert (await found())["Stripe key"].state == "warning"


@pytest.mark.parametrize(("off_s", "state"), [(90, "warning"), (-600, "failed")])
async def test_a_clock_that_is_off_is_measured_against_stripes(
    seller: LocalStripe, monkeypatch: pytest.MonkeyPatch, off_s: int, state: str
) -> None:
    right = clock.now
    monkeypatch.setattr(clock, "now", lambda: right() + timedelta(seconds=off_s))

    assert (await found())["clock"].state == state


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"disabled": "true"}, "switched off"),
        ({"url": "https://elsewhere.example/hook"}, "sends to https://elsewhere.example/hook"),
        ({"enabled_events[0]": "invoice.paid"}, "does not send customer.created"),
    ],
)
async def test_an_endpoint_that_was_changed_is_told_of(
    seller: LocalStripe, change: dict[str, str], said: str
) -> None:
    (endpoint,) = await seller.objects("webhook_endpoint")
    place = f"{seller.url}/v1/webhook_endpoints/{endpoint['id']}"
    answer = await seller.http.post(place, data=change, auth=(seller.key, ""))
    assert answer.status_code == 200, answer.text

    told = (await found())["webhook endpoint"]

    assert told.state == "failed"
    assert said in told.sentence


async def test_an_endpoint_that_is_gone_or_was_never_made_is_told_of(seller: LocalStripe) -> None:
    await Company.update({Company.webhook_endpoint: "we_gone"}, force=True)
    assert "it is gone" in (await found())["webhook endpoint"].sentence

    await Company.update({Company.webhook_endpoint: None}, force=True)
    assert "There is none" in (await found())["webhook endpoint"].sentence


async def test_a_portal_that_lets_emails_change_is_warned_of(seller: LocalStripe) -> None:
    (row,) = await Company.select(Company.portal_configuration)
    place = f"{seller.url}/v1/billing_portal/configurations/{row['portal_configuration']}"
    updates = {"features[customer_update][allowed_updates][0]": "email"}
    answer = await seller.http.post(place, data=updates, auth=(seller.key, ""))
    assert answer.status_code == 200, answer.text

    assert (await found())["billing portal"].state == "warning"

    await Company.update({Company.portal_configuration: "bpc_gone"}, force=True)
    assert (await found())["billing portal"].state == "failed"


def event() -> BillingEvent:
    return BillingEvent("evt_1", "customer.created", "cus_1", clock.now(), False, None, "x")


async def test_changes_of_which_no_event_tells_fail(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.sign_up()
    await shop.work()
    right = clock.now
    assert (await found())["webhook seen"].state == "warning"

    monkeypatch.setattr(clock, "now", lambda: right() + timedelta(minutes=20))
    told = (await found())["webhook seen"]
    assert told.state == "failed"
    assert "none ever came" in told.sentence

    monkeypatch.setattr(clock, "now", right)
    await keep("comp_1", event(), accepted=True)
    assert (await found())["webhook seen"].state == "ok"


async def test_events_of_another_mode_are_told_of_and_do_not_count_as_seen(
    seller: LocalStripe,
) -> None:
    (company,) = await Company.select(Company.id)
    await keep(company["id"], event(), accepted=False)

    findings = await found()

    assert findings["other events"].state == "warning"
    assert "No event came yet" in findings["webhook seen"].sentence


async def test_a_company_that_is_held_is_told_of_with_its_reason(seller: LocalStripe) -> None:
    (company,) = await Company.select(Company.id)
    await pause_company(company["id"], "Invalid API Key provided: sk_test_51Habc")

    told = (await found())["pause"]

    assert told.state == "failed"
    assert "Invalid API Key" in told.sentence
    assert "51Habc" not in told.sentence


@pytest.mark.parametrize(
    ("waited", "state"),
    [(timedelta(0), "ok"), (timedelta(minutes=11), "warning"), (timedelta(hours=2), "failed")],
)
async def test_what_waits_is_judged_by_the_longest(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, waited: timedelta, state: str
) -> None:
    await shop.sign_up()
    await keep("comp_1", event(), accepted=True)
    right = clock.now
    monkeypatch.setattr(clock, "now", lambda: right() + waited)

    findings = await found()

    assert (findings["operations"].state, findings["inbox"].state) == (state, state)
    assert findings["operations"].sentence.startswith("2 operations wait")


async def test_what_was_refused_or_given_up_is_counted(shop: Shop) -> None:
    await shop.sign_up()
    first, second = await operations()
    for op, state in ((first, "refused"), (second, "failed")):
        await run_sql("UPDATE operation SET state = {} WHERE id = {}", state, op["id"])
    await keep(shop.site.company_id, event(), accepted=True)
    await run_sql("UPDATE inbox_event SET state = 'failed'")

    findings = await found()

    assert findings["refused"].sentence.startswith("1 ")
    assert findings["given up"].sentence.startswith("1 ")
    assert findings["events given up"].sentence.startswith("1 ")


async def test_withdrawals_that_left_something_to_the_seller_are_named(shop: Shop) -> None:
    signed_up = await shop.sign_up()
    for subscription, state, problem, days in (
        ("sub_refused", "refused", "given_up", 1),
        ("sub_unpaid", "done", "refund_refused", 29),
        ("sub_old", "done", "refund_refused", 31),
        ("sub_well", "done", "", 1),
        ("sub_working", "asked", "", 0),
    ):
        await PlanChange.insert(
            PlanChange(
                id=f"chng_{subscription}", customer=signed_up.customer, subscription=subscription,
                kind="withdraw", state=state, problem=problem,
                asked_at=clock.now() - timedelta(days=days),
            )
        )  # fmt: skip

    told = (await found())["withdrawals"]

    assert told.state == "warning"
    assert told.sentence.startswith("2 withdrawals of the last month")
    assert "(sub_refused, sub_unpaid)" in told.sentence


async def test_a_mail_server_is_reached_and_gets_no_mail(seller: LocalStripe) -> None:
    inbox = Inbox()
    async with mail_server(inbox) as address:
        configure(mail_url=f"smtp://{address}")
        assert await states("mail") == {"ok"}
    assert (inbox.began, inbox.taken) == (0, [])

    gone = (await found())["mail"]
    assert gone.state == "failed"
    assert "PORTAL_MAIL_URL" in gone.sentence


async def test_a_mail_server_that_does_not_take_our_password_is_told_of(
    seller: LocalStripe,
) -> None:
    async with mail_server(Inbox(), auth_require_tls=False, authenticator=_nobody) as address:
        configure(mail_url=f"smtp://portal:wrong@{address}")
        told = (await found())["mail"]

    assert told.state == "failed"
    assert "did not let us in" in told.sentence
    assert "wrong" not in told.sentence


def _nobody(*_: object) -> object:
    from aiosmtpd.smtp import AuthResult

    return AuthResult(success=False, handled=False)


async def test_no_mail_server_and_a_folder_that_is_not_ours_fail(
    seller: LocalStripe, tmp_path: Path
) -> None:
    configure(mail_url=None)
    assert "No mail server is set" in (await found())["mail"].sentence

    (tmp_path / "file").touch()
    configure(mail_url=f"file://{tmp_path / 'file'}/mail")
    assert await states("mail") == {"failed"}


async def test_without_a_database_it_says_so_and_makes_none(tmp_path: Path) -> None:
    configure(database_url=f"sqlite:///{tmp_path / 'none.sqlite'}", mail_url=None)

    findings = {finding.check: finding async for finding in examine()}

    assert findings["database"].state == "failed"
    assert "portal migrate" in findings["database"].sentence
    assert "Stripe key" not in findings
    assert not (tmp_path / "none.sqlite").exists()


async def test_a_server_that_cannot_be_reached_is_told_without_its_password() -> None:
    configure(database_url="postgresql://portal:hunter2@127.0.0.1:9/portal")

    findings = {finding.check: finding async for finding in examine()}

    assert findings["database"].state == "failed"
    assert "hunter2" not in findings["database"].sentence


async def test_a_schema_that_is_not_ours_is_told_of(bare_database_url: str) -> None:
    configure(database_url=bare_database_url)
    await open_database(prepare=False)
    await run_sql("SELECT 1 AS one")

    findings = {finding.check: finding async for finding in examine()}

    assert findings["database"].state == "failed"
    assert "portal migrate" in findings["database"].sentence


async def test_the_command_prints_a_line_each_and_exits_with_one_if_something_failed(
    seller: LocalStripe,
) -> None:
    async def doctor(*words: str, **changed: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "portal.cli", "doctor", *words),
            env=environment(**changed),
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    code, said = await doctor("--json")
    lines = [json.loads(line) for line in said.splitlines()]
    broken, told = await doctor(base_url="http://join.example.com")

    assert code == 0
    assert {line["company"] for line in lines if line["check"] == "Stripe key"} == {"acme"}
    assert broken == 1
    assert "failed   base URL: http://join.example.com is not https" in told


@pytest.mark.parametrize(
    ("late", "state"),
    [
        (timedelta(hours=1), "ok"),
        (timedelta(hours=3), "warning"),
        (timedelta(hours=25), "failed"),
    ],
)
async def test_whoever_should_be_erased_or_deleted_by_now_is_told_of(
    shop: Shop, late: timedelta, state: str
) -> None:
    customer = (await shop.sign_up()).customer
    await ask_erasure(customer)
    due = clock.now() - late
    await run_sql("UPDATE erasure SET due_at = {}, next_at = {}", due, clock.now())

    assert await states("erasures") == {state}

    await run_sql("UPDATE erasure SET taken_back_at = {}", clock.now())
    assert await states("erasures") == {"ok"}

    # Stripe never had them; then it has them still; then no longer.
    await run_sql("UPDATE customer SET status = 'deleted', deleted_at = {}", due)
    assert await states("deletions") == {"ok"}
    await run_sql("UPDATE customer SET stripe_id = 'cus_1'")
    assert await states("deletions") == {state}
    values = profile_values(customer, gone("cus_1"), 0, clock.now())
    await run_sql(KEEP_PROFILE, *values)
    await run_sql("UPDATE billing_profile SET deleted = {}", True)
    assert await states("deletions") == {"ok"}


@pytest.mark.parametrize(
    ("stands", "state"),
    [
        ("state = 'on', failing_since = {}", "warning"),
        ("state = 'off', why = 'failing', failing_since = {}", "warning"),
        ("state = 'gone', why = 'gone', failing_since = {}", "warning"),
        ("state = 'off', why = 'turned_off', failing_since = NULL, updated_at = {}", "ok"),
    ],
)
async def test_a_seller_s_endpoint_that_takes_nothing_is_told_of(
    shop: Shop, stands: str, state: str
) -> None:
    await listen_at(shop.site)
    assert await states("webhooks out") == {"ok"}
    # What is put together into SQL here are the constants above.
    await run_sql(f"UPDATE webhook_endpoint SET {stands}", clock.now() - timedelta(hours=2))

    assert await states("webhooks out") == {state}


async def test_a_mail_that_waits_for_its_time_does_not_stand_still(shop: Shop) -> None:
    async with transaction():
        for kind in ("now", "later"):
            after = timedelta(hours=6 * (kind == "later"))
            await enqueue(kind, company="comp_1", lane=None, params={}, after=after)
    await run_sql("UPDATE operation SET created_at = {}", clock.now() - timedelta(hours=2))
    assert await states("operations") == {"failed"}

    await run_sql("DELETE FROM operation WHERE kind = 'now'")

    assert await states("operations") == {"ok"}
