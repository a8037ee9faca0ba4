import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from portal.access.asking import VALID_FOR, mark_of
from portal.access.codes import TRIES, WrongCode, consume_code
from portal.access.links import LinkSpent, request_sign_in
from portal.access.tables import SignInRequest
from portal.access.tokens import code_of, is_code, token_of
from portal.customers.email import normalize_email
from portal.customers.tables import Customer
from portal.database import run_sql
from portal.errors import TooMany
from portal.sites.storefront import Storefront
from tests.access.conftest import Deliver, a_customer, text_of, use_link

ADA = normalize_email("ada@example.com")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def test_ada_types_the_code_she_is_mailed(
    site: Storefront, ada: Customer, deliver: Deliver
) -> None:
    await request_sign_in(site, ADA, customer=ada, browser_hash="b1")
    [mail] = await deliver()
    found = re.search(r"\b\d{4} \d{4}\b", text_of(mail))
    assert found

    consumed = await consume_code(site, "b1", found[0])

    assert consumed.customer == ada.id
    assert not consumed.other_browser
    with pytest.raises(WrongCode):
        await consume_code(site, "b1", found[0])


@pytest.mark.parametrize(
    "typed",
    ["12345678", "1234 5678", "1234-5678", " 1234 – 5678 ", "１２３４５６７８", "1234\u00a05678\n"],
)
def test_a_code_may_be_typed_as_people_type(typed: str) -> None:
    assert is_code(typed, "12345678")


@pytest.mark.parametrize("typed", ["", "1234567", "123456789", "12345679", "\ud800", "1234x5678"])
def test_what_is_not_the_code_is_not_taken_for_it(typed: str) -> None:
    assert not is_code(typed, "12345678")


def test_codes_are_eight_digits_and_spread() -> None:
    codes = {code_of(f"sign_{number}", "b1") for number in range(2000)}

    assert all(re.fullmatch(r"[0-9]{8}", code) for code in codes)
    assert len(codes) > 1990
    assert {code[0] for code in codes} == set("0123456789")


async def test_the_code_is_good_in_the_browser_that_asked_only(
    site: Storefront, ada: Customer
) -> None:
    request = await _ask(site, ada, "b1")

    with pytest.raises(WrongCode):
        await consume_code(site, "mallory", code_of(request, "b1"))
    with pytest.raises(WrongCode):
        await consume_code(site, "mallory", code_of(request, "mallory"))
    assert (await consume_code(site, "b1", code_of(request, "b1"))).customer == ada.id


async def test_five_wrong_tries_lock_the_code_but_not_the_link(
    site: Storefront, ada: Customer
) -> None:
    generous = _with_limits(site, codes_per_minute=99, codes_per_hour=99)
    request = await _ask(site, ada, "b1")
    right = code_of(request, "b1")
    for _ in range(TRIES):
        with pytest.raises(WrongCode):
            await consume_code(generous, "b1", "00000000")

    with pytest.raises(WrongCode):
        await consume_code(generous, "b1", right)
    assert (await use_link(token_of(request), "b1")).customer == ada.id


async def test_it_is_the_count_of_tries_that_locks(site: Storefront, ada: Customer) -> None:
    generous = _with_limits(site, codes_per_minute=99, codes_per_hour=99)
    request = await _ask(site, ada, "b1")
    for _ in range(TRIES):
        with pytest.raises(WrongCode):
            await consume_code(generous, "b1", "00000000")
    await run_sql("UPDATE sign_in_request SET tries = 0")

    assert (await consume_code(generous, "b1", code_of(request, "b1"))).customer == ada.id


async def test_the_fifth_try_may_still_be_the_right_one(site: Storefront, ada: Customer) -> None:
    generous = _with_limits(site, codes_per_minute=99, codes_per_hour=99)
    request = await _ask(site, ada, "b1")
    for _ in range(TRIES - 1):
        with pytest.raises(WrongCode):
            await consume_code(generous, "b1", "00000000")

    assert (await consume_code(generous, "b1", code_of(request, "b1"))).customer == ada.id


async def test_guesses_at_once_are_counted_one_by_one(site: Storefront, ada: Customer) -> None:
    generous = _with_limits(site, codes_per_minute=1000, codes_per_hour=1000)
    request = await _ask(site, ada, "b1")
    wrong = [consume_code(generous, "b1", f"{number:08}") for number in range(40)]

    await asyncio.gather(*wrong, return_exceptions=True)

    [row] = await SignInRequest.select(SignInRequest.tries)
    assert row["tries"] == TRIES
    with pytest.raises(WrongCode):
        await consume_code(generous, "b1", code_of(request, "b1"))


async def test_a_guess_counts_against_the_newest_request_only(
    site: Storefront, ada: Customer
) -> None:
    grace = await a_customer(site, "grace@example.com")
    older = await _ask(site, ada, "mallory")
    newer = await _ask(site, grace, "mallory")

    with pytest.raises(WrongCode):
        await consume_code(site, "mallory", code_of(older, "mallory"))

    rows = await SignInRequest.select(SignInRequest.id, SignInRequest.tries)
    assert {row["id"]: row["tries"] for row in rows} == {older: 0, newer: 1}


async def test_a_code_lasts_ten_minutes(site: Storefront, ada: Customer) -> None:
    with time_machine.travel(NOON, tick=False):
        request = await _ask(site, ada, "b1")

    with (
        time_machine.travel(NOON + VALID_FOR, tick=False),
        pytest.raises(WrongCode),
    ):
        await consume_code(site, "b1", code_of(request, "b1"))
    with time_machine.travel(NOON + VALID_FOR - timedelta(microseconds=1), tick=False):
        assert (await consume_code(site, "b1", code_of(request, "b1"))).customer == ada.id


async def test_an_address_nobody_has_answers_even_its_own_code_as_wrong(site: Storefront) -> None:
    nobody = normalize_email("nobody@example.com")
    await request_sign_in(site, nobody, customer=None, browser_hash="b1")
    [row] = await SignInRequest.select()

    with pytest.raises(WrongCode):
        await consume_code(site, "b1", code_of(row["id"], "b1"))


async def test_a_code_waits_with_its_draft_for_an_unknown_address(site: Storefront) -> None:
    nobody = normalize_email("nobody@example.com")
    await request_sign_in(site, nobody, customer=None, browser_hash="b1", draft={"plan": "team"})
    [row] = await SignInRequest.select()

    assert (await consume_code(site, "b1", code_of(row["id"], "b1"))).draft == {"plan": "team"}


async def test_one_address_takes_six_codes_a_minute_and_twelve_an_hour(
    site: Storefront, ada: Customer
) -> None:
    compared = []
    for second in range(0, 3600, 10):
        at = NOON + timedelta(seconds=second)
        with time_machine.travel(at, tick=False):
            await run_sql("UPDATE sign_in_request SET tries = 0, used_at = NULL")
            if second % 600 == 0:
                await _ask(_with_limits(site, mails_per_hour=99, mails_per_day=99), ada, "b1")
            if await _is_compared(site, "b1", ip=f"192.0.2.{second % 250}"):
                compared.append(at)

    assert len(compared) == 12
    assert sum(at < NOON + timedelta(minutes=1) for at in compared) <= 6


async def test_one_network_is_limited_over_all_addresses_and_no_other_network(
    site: Storefront, ada: Customer
) -> None:
    for number in range(9):
        stranger = await a_customer(site, f"stranger{number}@example.com")
        await _ask(site, stranger, f"mallory{number}")
    await _ask(site, ada, "b1")

    compared = [await _is_compared(site, f"mallory{number}", "192.0.2.1") for number in range(9)]

    assert sum(compared) == 5
    assert await _is_compared(site, "b1", "192.0.2.2")


async def test_a_stranger_uses_up_no_codes_of_a_browser_that_has_signed_in(
    site: Storefront, ada: Customer
) -> None:
    request = await _ask(site, ada, "b1")
    await _ask(site, ada, "mallory")
    networks = (f"192.0.2.{number}" for number in range(20))
    while await _is_compared(site, "mallory", ip=next(networks)):
        await run_sql("UPDATE sign_in_request SET tries = 0 WHERE browser_hash = 'mallory'")
    code, mark = code_of(request, "b1"), mark_of(site.company_id, str(ada.email_key))

    for other in ("", mark_of(site.company_id, "grace@example.com"), f"{mark}x"):
        with pytest.raises(TooMany):
            await consume_code(site, "b1", code, mark=other)
    assert (await consume_code(site, "b1", code, mark=mark)).customer == ada.id


async def test_a_right_code_after_the_link_finds_nothing_open(
    site: Storefront, ada: Customer
) -> None:
    request = await _ask(site, ada, "b1")
    await use_link(token_of(request), "b1")

    with pytest.raises(WrongCode):
        await consume_code(site, "b1", code_of(request, "b1"))


async def test_code_and_link_at_once_sign_in_one_time(site: Storefront, ada: Customer) -> None:
    request = await _ask(site, ada, "b1")

    answers = await asyncio.gather(
        consume_code(site, "b1", code_of(request, "b1")),
        use_link(token_of(request), "b1"),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, LinkSpent | WrongCode) for answer in answers) == 1


async def _ask(site: Storefront, customer: Customer, browser: str) -> str:
    email = normalize_email(str(customer.email))
    await request_sign_in(site, email, customer=customer, browser_hash=browser)
    rows = await SignInRequest.select(SignInRequest.id).order_by(SignInRequest.id, ascending=False)
    return str(rows[0]["id"])


async def _is_compared(site: Storefront, browser: str, ip: str) -> bool:
    try:
        await consume_code(site, browser, "00000000", ip=ip)
    except TooMany:
        return False
    except WrongCode:
        return True
    raise AssertionError("a guess was right")


def _with_limits(site: Storefront, **limits: int) -> Storefront:
    return replace(site, limits=limits)
