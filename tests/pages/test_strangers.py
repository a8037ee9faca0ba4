"""Mallory tries every door: the billing portal opens for whom it belongs to, and nobody else."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from portal import clock, database
from portal.access.flows import end_flows
from portal.app import Portal
from portal.database import run_sql
from portal.piccolo_app import APP_CONFIG
from tests.limits import NO_LIMITS
from tests.onboarding.shop import Shop
from tests.pages.browsing import HTMX, Visitor, browser_at, forms_of
from tests.pages.mails import code_in, link_in, mail_to, mails
from tests.pages.shelves import change_site
from tests.people import ADA, GRACE, MALLORY

# The body, compared itself, has its length; after packing, that depends on what they typed.
PASSING = (b"request-id", b"content-length")
TO_STRIPE = ("/p/session/", "billing.stripe.com")


def leads_to_stripe(answer: httpx.Response) -> bool:
    said = answer.text + str(answer.headers)
    return any(mark in said for mark in TO_STRIPE)


async def her_onboarding() -> str:
    return str((await run_sql("SELECT id FROM onboarding"))[0]["id"])


async def sign_in(visitor: Visitor, email: str) -> None:
    await visitor.send("/signin", await visitor.fill("/signin", {"email": email}))
    await visitor.press(await visitor.open(link_in(await mail_to(email))), "")


@pytest.mark.parametrize("is_same", [True, False])
@pytest.mark.parametrize("state", ["new", "unverified", "verified"])
async def test_only_who_made_the_customer_is_led_to_stripe(
    shop: Shop, ada: Visitor, mallory: Visitor, state: str, is_same: bool
) -> None:
    await change_site(shop, limits=json.dumps(NO_LIMITS))
    if state != "new":
        await ada.sign_up(ADA)
    if state == "verified":
        await sign_in(ada, ADA["email"])
    visitor = ada if is_same else mallory
    may_pass = state == "new" or (state == "unverified" and is_same)

    for door, headers in (("/signin", {}), ("/signin", HTMX), ("/signup", HTMX), ("/signup", {})):
        typed = await visitor.fill(f"{door}?plan=studio", ADA)
        answer = await visitor.send(door, typed, headers=headers)

        where = answer.headers.get("hx-redirect") or answer.headers["location"]
        assert leads_to_stripe(answer) is (door == "/signup" and may_pass)
        if not leads_to_stripe(answer):
            assert where == {"/signup": "/signup/check-inbox", "/signin": "/signin/check"}[door]
            assert not re.search(r"cust?_|onbo_|sub_|Lovelace", answer.text + str(answer.headers))


@pytest.mark.parametrize("she", ["is a stranger", "has her own", "is signed in", "had it", "ended"])
async def test_ada_s_onboarding_opens_nothing_for_mallory(
    shop: Shop, ada: Visitor, mallory: Visitor, she: str
) -> None:
    await change_site(shop, limits=json.dumps(NO_LIMITS))
    await ada.sign_up(ADA)
    hers, visitor = await her_onboarding(), mallory
    if she in ("has her own", "is signed in"):
        await mallory.sign_up(MALLORY)
    if she == "is signed in":
        await sign_in(mallory, MALLORY["email"])
    if she == "had it":
        visitor = ada
        await run_sql("UPDATE flow SET created_at = {}", clock.now() - timedelta(minutes=31))
    if she == "ended":
        visitor = ada
        await end_flows((await run_sql("SELECT customer FROM flow"))[0]["customer"])
    typed = forms_of((await visitor.open("/signin")).text)[0].fields

    answers = []
    for headers in ({}, HTMX):
        for path in (
            f"/signup/status/{hers}", f"/signup?again={hers}", f"/welcome?onboarding={hers}",
            f"/signup?again={hers}&onboarding={hers}", "/account",
        ):  # fmt: skip
            answers.append(await visitor.open(path, headers=headers))
        for path in (
            f"/signup/status/{hers}/continue", f"/welcome/billing?onboarding={hers}",
            f"/welcome/confirm?onboarding={hers}",
        ):  # fmt: skip
            answers.append(await visitor.send(path, typed, headers=headers))

    for answer in answers:
        assert not leads_to_stripe(answer), answer.url
        assert "Lovelace" not in answer.text
        assert ADA["email"] not in answer.text
        assert hers not in answer.text + str(answer.headers)


async def test_a_form_that_another_browser_or_site_was_shown_signs_nobody_up(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await change_site(shop, limits=json.dumps(NO_LIMITS))
    theirs = (await mallory.fill("/signup?plan=studio", ADA))["token"]
    other_site = (await ada.fill("/signup?plan=studio&site=2", ADA))["token"]
    typed = await ada.fill("/signup?plan=studio&site=1", ADA)

    for token in (theirs, other_site, "", "1.x", "é.é", typed["token"][:-1], f"9{typed['token']}"):
        answer = await ada.send("/signup", typed | {"token": token})
        assert answer.status_code == 403
        assert forms_of(answer.text)[0].fields["email"] == ADA["email"]

    assert await shop.counts() == (0, 0)
    assert await run_sql("SELECT id FROM customer") == []


async def test_two_presses_of_one_link_at_once_sign_in_once(shop: Shop, ada: Visitor) -> None:
    await ada.sign_up(ADA)
    await ada.send("/signin", await ada.fill("/signin", {"email": ADA["email"]}))
    page = await ada.open(link_in(await mail_to(ADA["email"])))

    answers = await asyncio.gather(*(ada.press(page, "") for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [303, 410, 410, 410, 410]
    assert len(await run_sql("SELECT id FROM session")) == 1


async def test_a_planted_session_opens_nothing_before_or_after_she_signs_in(
    portal: Portal, shop: Shop, ada: Visitor
) -> None:
    planted = "p" * 43
    ada.http.cookies.set("session", planted, domain="127.0.0.1")
    await ada.sign_up(ADA)
    await sign_in(ada, ADA["email"])

    async with browser_at(portal) as http:
        http.cookies.set("session", planted)
        assert (await http.get("/account")).headers["location"] == "/signin"
    assert (await ada.open("/account")).status_code == 200


async def test_signing_out_ends_the_session_for_every_copy_of_its_cookie(
    portal: Portal, shop: Shop, ada: Visitor
) -> None:
    await ada.sign_up(ADA)
    await sign_in(ada, ADA["email"])
    page = await ada.open("/account")
    copied = [(each.name, each.value) for each in ada.http.cookies.jar]

    await ada.press(page, "/signout")

    async with browser_at(portal) as http:
        for name, value in copied:
            http.cookies.set(name, value or "")
        assert (await http.get("/account")).headers["location"] == "/signin"
        stranger = Visitor(http)
        assert not leads_to_stripe(await stranger.sign_up(ADA))


async def test_billing_asks_for_a_sign_in_of_the_last_hour(shop: Shop, ada: Visitor) -> None:
    await ada.sign_up(ADA)
    await sign_in(ada, ADA["email"])
    page = await ada.open("/account")
    assert leads_to_stripe(await ada.press(page, "/account/billing"))

    await run_sql("UPDATE session SET signed_in_at = {}", clock.now() - timedelta(minutes=61))

    assert not leads_to_stripe(await ada.press(page, "/account/billing"))
    typed = forms_of(page.text)[0].fields
    assert not leads_to_stripe(await ada.send("/welcome/billing", typed))


@pytest.mark.parametrize("headers", [{}, HTMX])
async def test_with_before_addresses_answer_alike_within_and_beyond_every_limit(
    shop: Shop, ada: Visitor, mallory: Visitor, headers: dict[str, str]
) -> None:
    await ada.sign_up(ADA)
    await change_site(shop, verify_email="before")
    answers = []
    for number in range(8):
        for email in (ADA["email"], f"nobody{number}@hopper.example"):
            typed = await mallory.fill("/signup?plan=studio", GRACE | {"email": email})
            with statements() as counted:
                answer = await mallory.send("/signup", typed, headers=headers)
            raw = [pair for pair in answer.headers.raw if pair[0] not in PASSING]
            # What they typed themselves, and when the form was shown, is theirs to see again.
            said = re.sub(r"\d{10}\.[\w-]{43}", "", answer.text.replace(email, ""))
            answers.append((answer.status_code, said, raw, counted[0]))

    for known, unknown in zip(answers[::2], answers[1::2], strict=True):
        assert known[:3] == unknown[:3]
    assert {answer[3] for answer in answers[:2]} == {answers[0][3]}
    assert await shop.counts() == (1, 1)


async def test_sign_in_costs_known_and_unknown_addresses_the_same(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await ada.sign_up(ADA)
    costs = []
    for email in (ADA["email"], "nobody@hopper.example", ADA["email"].upper()):
        typed = await mallory.fill("/signin", {"email": email})
        with statements() as counted:
            answer = await mallory.send("/signin", typed)
        costs.append((answer.status_code, str(answer.headers["location"]), counted[0]))

    assert len(set(costs)) == 1


@contextmanager
def statements() -> Iterator[list[int]]:
    """Count the statements that this task sends to the database."""
    mine, counted = asyncio.current_task(), [0]
    engine = database.engine()
    run = engine.run_sql

    async def counting(sql: str, args: Any = ()) -> Any:
        counted[0] += asyncio.current_task() is mine
        return await run(sql, args)

    engine.run_sql = counting  # type: ignore[method-assign]
    try:
        yield counted
    finally:
        del engine.run_sql


async def test_no_address_of_the_billing_portal_is_kept_anywhere(
    shop: Shop, ada: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await change_site(shop, limits=json.dumps(NO_LIMITS))
    answer = await ada.sign_up(ADA, "?plan=house")
    seen = [answer.headers["location"]]
    welcome = await ada.open(f"/welcome?onboarding={await her_onboarding()}")
    seen.append((await ada.press(welcome, "/welcome/billing")).headers["location"])
    await sign_in(ada, ADA["email"])
    account = await ada.open("/account")
    seen.append((await ada.press(account, "/account/billing")).headers["location"])
    await shop.stripe.fault(match="POST /v1/billing_portal/sessions", fault="status", status=500)
    failed = await ada.press(account, "/account/billing")
    pages = [answer, welcome, account, failed, await ada.open("/account")]

    secrets = [where.rpartition("/")[2].partition("?")[0] for where in seen]
    assert len(set(secrets)) == 3
    stored = "".join([str(row) for row in await everything()])
    written = "".join(str(mail) for mail in mails())
    shown = "".join(page.text for page in pages)
    for secret in (*secrets, *TO_STRIPE):
        for place in (stored, written, shown, caplog.text):
            assert secret not in place
    for cookie in ada.http.cookies.jar:
        assert (cookie.value or "none") not in stored + caplog.text


async def everything() -> list[dict[str, Any]]:
    """Read every row of every table."""
    rows = []
    for table in APP_CONFIG.table_classes:
        rows += await run_sql(f"SELECT * FROM {table._meta.tablename}")
    return rows


async def test_a_code_is_for_the_browser_that_asked_for_it(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    await ada.sign_up(ADA)
    await ada.send("/signin", await ada.fill("/signin", {"email": ADA["email"]}))
    code = code_in(await mail_to(ADA["email"]))
    await mallory.send("/signin", await mallory.fill("/signin", {"email": ADA["email"]}))

    refused = await mallory.press(await mallory.open("/signin/check"), "/signin/code", code=code)
    entered = await ada.press(await ada.open("/signin/check"), "/signin/code", code=code)

    assert refused.status_code == 422
    assert (await mallory.open("/account")).headers["location"] == "/signin"
    assert entered.headers["location"] == "/account"
