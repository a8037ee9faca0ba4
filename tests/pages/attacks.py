"""What Mallory tries, step by step: each tells whether she got through."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from portal import clock
from portal.database import run_sql
from tests.limits import NO_LIMITS
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, forms_of
from tests.pages.mails import code_in, link_in, mail_to
from tests.pages.shelves import change_site
from tests.pages.signed_in import at_her_account
from tests.people import ADA, MALLORY

PLANTED = "p" * 43


@dataclass(frozen=True, slots=True)
class Scene:
    """Ada and Mallory, each at a browser, before a shop that limits nothing."""

    shop: Shop
    ada: Visitor
    mallory: Visitor


Attack = Callable[[Scene], Awaitable[bool]]
"""Tries it; tells whether it got through."""


async def ask(browser: Visitor) -> str:
    """Ask for a sign-in mail to Ada and return what it says."""
    await browser.send("/signin", await browser.fill("/signin", {"email": ADA["email"]}))
    return await mail_to(ADA["email"])


async def sign_in(browser: Visitor) -> None:
    await browser.press(await browser.open(link_in(await ask(browser))), "")


async def is_in(browser: Visitor) -> bool:
    return "Lovelace" in (await browser.open("/account")).text


async def is_led_to_billing(browser: Visitor) -> bool:
    """Tell whether this browser comes to the billing portal by Ada's sign-up."""
    (hers,) = await run_sql("SELECT id FROM onboarding")
    token = forms_of((await browser.open("/signin")).text)[0].fields
    answer = await browser.send(f"/signup/status/{hers['id']}/continue", token)
    return "/p/session/" in answer.headers.get("location", "")


async def follow_her_sign_up(scene: Scene) -> bool:
    await scene.ada.sign_up(ADA)
    return await is_led_to_billing(scene.mallory)


async def sign_up_by_her_address(scene: Scene) -> bool:
    await scene.ada.sign_up(ADA)
    answer = await scene.mallory.sign_up(MALLORY | {"email": ADA["email"]})
    return "/p/session/" in answer.headers["location"]


async def come_back_too_late(scene: Scene) -> bool:
    await scene.ada.sign_up(ADA)
    await run_sql("UPDATE flow SET created_at = {}", clock.now() - timedelta(minutes=31))
    return await is_led_to_billing(scene.ada)


async def sign_her_up_before_her(scene: Scene) -> bool:
    await scene.mallory.sign_up(ADA)
    await sign_in(scene.ada)
    return await is_led_to_billing(scene.mallory)


async def bill_by_an_old_sign_in(scene: Scene) -> bool:
    await scene.ada.sign_up(ADA)
    await sign_in(scene.ada)
    page = await scene.ada.open("/account")
    await run_sql("UPDATE session SET signed_in_at = {}", clock.now() - timedelta(minutes=61))
    answer = await scene.ada.press(page, "/account/billing")
    return "/p/session/" in answer.headers["location"]


async def use_her_link_after_her(scene: Scene) -> bool:
    await scene.ada.sign_up(ADA)
    link = link_in(await ask(scene.ada))
    pages = [await browser.open(link) for browser in (scene.ada, scene.mallory)]
    await scene.ada.press(pages[0], "")
    await scene.mallory.send(link, forms_of(pages[1].text)[0].fields)
    return await is_in(scene.mallory)


async def type_her_code_elsewhere(scene: Scene) -> bool:
    await scene.ada.sign_up(ADA)
    code = code_in(await ask(scene.ada))
    await scene.mallory.press(await scene.mallory.open("/signin/check"), "/signin/code", code=code)
    return await is_in(scene.mallory)


async def guess_on(scene: Scene) -> bool:
    await scene.ada.sign_up(ADA)
    right = code_in(await ask(scene.mallory))
    inbox = await scene.mallory.open("/signin/check")
    for code in ("00000000", "00000001", "00000002", "00000003", "00000004", right):
        await scene.mallory.press(inbox, "/signin/code", code=code)
    return await is_in(scene.mallory)


async def plant_a_session(scene: Scene) -> bool:
    await scene.ada.sign_up(ADA)
    scene.ada.http.cookies.set("session", PLANTED, domain="127.0.0.1")
    await sign_in(scene.ada)
    scene.mallory.http.cookies.set("session", PLANTED, domain="127.0.0.1")
    return await is_in(scene.mallory)


async def post_from_another_site(scene: Scene) -> bool:
    typed = await scene.ada.fill("/signin", {"email": ADA["email"]})
    answer = await scene.ada.send("/signin", typed, headers={"sec-fetch-site": "cross-site"})
    return answer.status_code == 303


async def post_a_form_of_another_browser(scene: Scene) -> bool:
    hers = await scene.mallory.fill("/signin", {"email": MALLORY["email"]})
    await scene.ada.open("/signin")
    return (await scene.ada.send("/signin", hers)).status_code == 303


async def ask_without_end(scene: Scene) -> bool:
    await change_site(scene.shop, limits=json.dumps(NO_LIMITS | {"sign_ins_per_minute": 5}))
    typed = await scene.mallory.fill("/signin", {})
    answers = [
        await scene.mallory.send("/signin", typed | {"email": f"nobody{number}@trudy.example"})
        for number in range(9)
    ]
    return all(answer.status_code == 303 for answer in answers)


async def bomb_her_inbox(scene: Scene) -> bool:
    await change_site(scene.shop, limits=json.dumps(NO_LIMITS | {"mails_per_hour": 3}))
    typed = await scene.mallory.fill("/signin", {"email": ADA["email"]})
    for _ in range(6):
        await scene.mallory.send("/signin", typed)
    return len(await run_sql("SELECT id FROM sign_in_request")) == 6


async def sign_up_without_end(scene: Scene) -> bool:
    await change_site(scene.shop, limits=json.dumps(NO_LIMITS | {"sign_ups_per_minute": 5}))
    typed = await scene.mallory.fill("/signup?plan=reader", MALLORY)
    for number in range(8):
        await scene.mallory.send("/signup", typed | {"email": f"nobody{number}@trudy.example"})
    return len(await run_sql("SELECT id FROM customer")) == 8


async def flood_the_seller(scene: Scene) -> bool:
    await run_sql("UPDATE company SET support_email = 'help@acme.example'")
    limits = json.dumps(NO_LIMITS | {"seller_mails_per_hour": 3})
    await change_site(scene.shop, market="de", limits=limits)
    path = "/contracts/cancel"
    typed = await scene.mallory.fill(path, {"name": "Nobody", "cause": "None."})
    for number in range(6):
        await scene.mallory.send(path, typed | {"email": f"nobody{number}@trudy.example"})
    return await run_sql("SELECT id FROM declaration WHERE seller_waits = {}", True) == []


async def bury_her_in_declarations(scene: Scene) -> bool:
    limits = json.dumps(NO_LIMITS | {"mails_per_hour": 3})
    await change_site(scene.shop, market="de", limits=limits)
    path = "/contracts/cancel"
    typed = await scene.mallory.fill(path, {"name": "Ada", "email": ADA["email"]})
    for _ in range(6):
        await scene.mallory.send(path, typed)
    return await run_sql("SELECT id FROM declaration WHERE mail_waits = {}", True) == []


async def keep_her_from_signing_in(scene: Scene) -> bool:
    """Use her mails up, so that none comes when she wants to sign in."""
    await scene.ada.sign_up(ADA)
    await change_site(scene.shop, limits=json.dumps(NO_LIMITS | {"mails_per_hour": 3}))
    typed = {"email": ADA["email"], "city": "London", "later": "yes"}
    later = await scene.mallory.fill("/signup?plan=house", typed)
    for _ in range(5):
        await scene.mallory.send("/signup", later)
    await scene.ada.send("/signin", await scene.ada.fill("/signin", {"email": ADA["email"]}))
    return await run_sql("SELECT id FROM sign_in_request") == []


async def ask_in_her_place(scene: Scene) -> bool:
    """Use all mails up by which she signs in, though she has done so in her browser before."""
    await scene.ada.sign_up(ADA)
    await sign_in(scene.ada)
    await scene.ada.press(await scene.ada.open("/account"), "/signout")
    await change_site(scene.shop, limits=json.dumps(NO_LIMITS | {"mails_per_hour": 3}))
    typed = await scene.mallory.fill("/signin", {"email": ADA["email"]})
    for _ in range(5):
        await scene.mallory.send("/signin", typed)
    asked = await run_sql("SELECT id FROM sign_in_request")
    await scene.ada.send("/signin", await scene.ada.fill("/signin", {"email": ADA["email"]}))
    return len(await run_sql("SELECT id FROM sign_in_request")) == len(asked)


async def look_without_end(scene: Scene) -> bool:
    await at_her_account(scene.mallory, MALLORY, plan="reader")
    answers = [await scene.mallory.open("/account/plan/review?price=none") for _ in range(17)]
    return all(answer.status_code == 409 for answer in answers)


async def be_told_without_end(scene: Scene) -> bool:
    """Ask to be erased and take it back, again and again: each wish is told by a mail."""
    await at_her_account(scene.mallory, MALLORY, plan="reader")
    token = await scene.mallory.fill("/account/erase", {})
    for _ in range(5):
        await scene.mallory.send("/account/erase", token)
        await scene.mallory.send("/account/erase/undo", token)
    soon = clock.now() + timedelta(hours=1)
    waits = "SELECT id FROM operation WHERE kind = 'send_erasure' AND next_at > {}"
    return await run_sql(waits, soon) == []


async def write_to_strangers_without_end(scene: Scene) -> bool:
    """Have mails sent from her account to whomever, as new addresses of hers."""
    await at_her_account(scene.mallory, MALLORY, plan="reader")
    typed = await scene.mallory.fill("/account/email", {})
    for number in range(8):
        email = {"email": f"nobody{number}@trudy.example"}
        await scene.mallory.send("/account/email", typed | email)
    return len(await run_sql("SELECT id FROM email_change")) == 8
