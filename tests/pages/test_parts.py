"""The parts of the form by themselves, at their limits."""

from __future__ import annotations

import pytest

from portal.access.tokens import token_of
from portal.database import run_sql
from portal.errors import Problem
from portal.pages import parts
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import HTMX, Visitor
from tests.pages.shelves import change_site
from tests.pages.signing_in import customer_at
from tests.people import ADA


async def test_without_a_plan_there_is_no_order_to_show(shop: Shop, ada: Visitor) -> None:
    typed = await ada.fill("/signup", ADA)

    assert (await ada.send("/signup/order", typed, headers=HTMX)).status_code == 404


async def test_fields_cannot_be_checked_without_end(shop: Shop, ada: Visitor) -> None:
    await change_site(shop, limits='{"checks_per_minute": 1}')
    await ada.send("/signup/field/email", ADA, headers=HTMX)

    answer = await ada.send("/signup/field/email", ADA, headers=HTMX)

    assert answer.status_code == 429
    assert "Wait a few minutes and try again." in answer.text
    assert answer.headers["hx-retarget"] == "#problem"
    assert answer.headers["retry-after"] == "60"


async def test_the_forms_of_an_account_are_checked_where_a_sign_up_asks_less(
    shop: Shop, ada: Visitor
) -> None:
    await change_site(shop, fields='{"phone": "off", "organisation": "off"}')
    for field, value, said in (
        ("billing_email", "bills@", "Enter an email address"), ("billing_email", "", ""),
        ("billing_email", "ada@gmial.com", "gmail.com"), ("billing_email", ADA["email"], ""),
        ("phone", "abc", "Enter a phone number"), ("tax_id", "12", "Enter a VAT number like"),
    ):  # fmt: skip
        part = await ada.send(f"/signup/field/{field}", {"country": "GB", field: value})
        assert part.status_code == 200
        assert said in part.text
        assert bool(part.text.strip()) is bool(said)


KNOWN = {"email": ADA["email"], "billing_email": ADA["email"], "phone": ADA["phone"]}
NOBODYS = {"email": "ada@nobody.example", "billing_email": "ada@nobody.example"}


async def checks_differ(*visitors: Visitor) -> list[str]:
    """Name the fields whose check tells these visitors, or what is known here, from another."""
    found = []
    for field, value in KNOWN.items():
        answers = [
            await visitor.send(f"/signup/field/{field}", {"country": "GB", field: text})
            for visitor in visitors
            for text in (value, NOBODYS.get(field, "+44 20 7946 0959"))
        ]
        if len({(answer.status_code, answer.text) for answer in answers}) > 1:
            found.append(field)
    return found


@ON_SQLITE
async def test_a_check_says_the_same_whoever_asks_and_whoever_is_known(
    shop: Shop, ada: Visitor, mallory: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await customer_at(ada)
    before = await run_sql("SELECT * FROM customer")

    assert await checks_differ(ada, mallory) == []
    assert await run_sql("SELECT * FROM customer") == before

    # The negative control: a check that looks whom it knows.
    known = Problem("known", "We know you.")
    monkeypatch.setattr(
        parts, "check_field", lambda _, typed, *_more: known if ADA["email"] in str(typed) else None
    )
    assert await checks_differ(ada, mallory) == ["email", "billing_email"]


async def test_a_link_for_an_address_that_is_nobody_s_leads_nowhere(
    shop: Shop, ada: Visitor
) -> None:
    nobody = {"email": "nobody@example.com"}
    await ada.send("/signin", await ada.fill("/signin", nobody))
    (asked_for,) = await run_sql("SELECT id FROM sign_in_request")

    page = await ada.open(f"/signin/link/{token_of(asked_for['id'])}")

    assert (await ada.press(page, "")).headers["location"] == "/signin"
    assert await run_sql("SELECT id FROM session") == []
