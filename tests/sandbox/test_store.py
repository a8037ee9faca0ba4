"""What is kept in the file, and what the forms and shapes say."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from portal.sandbox.account import Account
from portal.sandbox.errors import StripeError
from portal.sandbox.forms import read_form
from portal.sandbox.world import Sandbox
from tests.sandbox.shapes import misshapen

HERE = "http://127.0.0.1:1"


def _customer(account: Account, id: str) -> None:
    account.add({"id": id, "object": "customer", "name": "Ada", "deleted": False})


def test_a_file_gives_back_what_it_was_given_in_its_order(tmp_path: Path) -> None:
    sandbox = Sandbox(HERE, tmp_path / "sandbox.sqlite")
    account = sandbox.open_account("sk_test_a")
    with account.transaction():
        for id in ("cus_b", "cus_a", "cus_c"):
            _customer(account, id)
    with account.transaction():
        account.edit("customer", "cus_b")["name"] = "Ada King"
        account.remove("customer", "cus_c")
    sandbox.close()

    with closing(Sandbox(HERE, tmp_path / "sandbox.sqlite")) as reopened:
        again = reopened.open_account("sk_test_a")

    assert again.id == account.id
    assert list(again.kind("customer")) == ["cus_b", "cus_a"]
    assert again.kind("customer")["cus_b"]["name"] == "Ada King"


def test_an_emptied_account_stays_empty(tmp_path: Path) -> None:
    sandbox = Sandbox(HERE, tmp_path / "sandbox.sqlite")
    account = sandbox.open_account("sk_test_a")
    with account.transaction():
        _customer(account, "cus_a")
    sandbox.reset(account)
    sandbox.close()

    with closing(Sandbox(HERE, tmp_path / "sandbox.sqlite")) as reopened:
        again = reopened.open_account("sk_test_a")

    assert again.rows.get("customer", {}) == {}


def test_a_transaction_that_fails_leaves_everything_as_it_was() -> None:
    account = Sandbox(HERE, None).open_account()
    with account.transaction():
        _customer(account, "cus_a")
        _customer(account, "cus_b")
    before = {id: dict(row) for id, row in account.kind("customer").items()}

    def fail() -> None:
        with account.transaction():
            _customer(account, "cus_c")
            account.edit("customer", "cus_a")["name"] = "Mallory"
            account.remove("customer", "cus_b")
            raise StripeError(400, "No.")

    with pytest.raises(StripeError):
        fail()

    assert account.kind("customer") == before


def test_a_rehearsal_takes_back_only_its_own_changes() -> None:
    account = Sandbox(HERE, None).open_account()
    with account.transaction():
        for id in ("cus_a", "cus_b", "cus_c"):
            _customer(account, id)

    with account.transaction():
        account.remove("customer", "cus_a")
        _customer(account, "cus_d")
        with account.rehearsal():
            account.remove("customer", "cus_b")
            account.edit("customer", "cus_d")["name"] = "Mallory"
            _customer(account, "cus_e")

    found = {id: row["name"] for id, row in account.kind("customer").items()}
    assert list(found.items()) == [("cus_b", "Ada"), ("cus_c", "Ada"), ("cus_d", "Ada")]


def test_customers_are_found_by_their_present_address_after_a_restart_as_well(
    tmp_path: Path,
) -> None:
    sandbox = Sandbox(HERE, tmp_path / "sandbox.sqlite")
    account = sandbox.open_account("sk_test_a")
    for id, email in (("cus_b", "ada@x.org"), ("cus_a", "grace@x.org"), ("cus_c", "ada@x.org")):
        with account.transaction():
            account.add({"id": id, "object": "customer", "email": email})
    with account.transaction():
        account.edit("customer", "cus_b")["email"] = "king@x.org"
        account.edit("customer", "cus_a")["email"] = "ada@x.org"
    sandbox.close()

    with closing(Sandbox(HERE, tmp_path / "sandbox.sqlite")) as reopened:
        again = reopened.open_account("sk_test_a")

    for each in (account, again):
        assert [row["id"] for row in each.customers("ada@x.org")] == ["cus_a", "cus_c"]
        assert [row["id"] for row in each.customers("grace@x.org")] == []
        assert [row["id"] for row in each.customers(None)] == ["cus_b", "cus_a", "cus_c"]


def test_rows_change_only_inside_a_transaction() -> None:
    account = Sandbox(HERE, None).open_account()

    with pytest.raises(RuntimeError):
        _customer(account, "cus_a")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a[b][c]=1&a[b][d]=", {"a": {"b": {"c": "1", "d": ""}}}),
        ("a[0]=x&a[1]=y", {"a": {"0": "x", "1": "y"}}),
        ("a[]=x&a[]=y", {"a": {"0": "x", "1": "y"}}),
        ("e=%2B44+20", {"e": "+44 20"}),
    ],
)
def test_forms_are_read_as_nested(text: str, form: object) -> None:
    assert read_form(text) == form


@pytest.mark.parametrize("text", ["a=1&a[b]=2", "a[b]=1&a=2"])
def test_a_form_that_contradicts_itself_is_refused(text: str) -> None:
    with pytest.raises(StripeError):
        read_form(text)


def test_the_check_of_shapes_finds_what_is_wrong() -> None:
    clock: dict[str, Any] = {
        "id": "clock_1",
        "object": "test_helpers.test_clock",
        "created": "today",
        "frozen_time": None,
        "livemode": False,
        "name": None,
        "status": "asleep",
        "status_details": {"sleeping": {}},
    }

    problems = {
        problem.partition(":")[0].partition(".test_clock.")[2] for problem in misshapen(clock)
    }
    assert problems == {
        "created",
        "deletes_after",
        "frozen_time",
        "status",
        "status_details.sleeping",
    }
