"""One account of the sandbox: its rows, its clock, and changes that succeed or fail whole."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from portal.sandbox.conditions import Conditions
from portal.sandbox.emails import Emails
from portal.sandbox.errors import refused
from portal.sandbox.journal import Journal
from portal.sandbox.outbox import AS_USUAL, Outbox
from portal.sandbox.rows import Change, Row, copied


class Account:
    """Everything one API key sees.

    Rows change only inside `transaction()`. A journal keeps each row as it was before its first
    change, so that a refused request leaves nothing behind.
    """

    def __init__(self, id: str, key: str, public_url: str) -> None:
        self.id = id
        self.key = key
        self.public_url = public_url
        self.rows: dict[str, dict[str, Row]] = {}
        self.requests: deque[Row] = deque(maxlen=100_000)
        self.conditions = Conditions()
        self.in_flight: set[str] = set()
        self.outbox = Outbox()
        self.request: Row = {"id": None, "idempotency_key": None}
        self.on_commit: list[Callable[[Account, list[Change]], None]] = []
        self.emails = Emails()
        self._of_customer: dict[tuple[str, str], list[str]] = {}
        self._journal: Journal | None = None
        self._moment: int | None = None

    @property
    def livemode(self) -> bool:
        """Tell whether the account is a live one, as its key says."""
        return self.key.startswith("sk_live_")

    def now(self) -> int:
        """Tell the time of what is being done: the account's, or a followed test clock's."""
        return self.account_time() if self._moment is None else self._moment

    def account_time(self) -> int:
        """Tell the account's own time: the real one, moved by what the control page added."""
        return int(self.exact_time())

    def exact_time(self) -> float:
        """Tell the account's own time with its fraction of a second."""
        offset: int = self.settings()["clock_offset"]
        return time.time() + offset

    @contextmanager
    def at(self, moment: int) -> Iterator[None]:
        """Do something as of another moment."""
        before, self._moment = self._moment, moment
        try:
            yield
        finally:
            self._moment = before

    def follow(self, row: Row) -> None:
        """Let the rest of this transaction happen in the time of the row's test clock, if any.

        Raises:
            StripeError: the clock is advancing, and nothing on it can be changed meanwhile.
        """
        id = row.get("test_clock")
        if not id or self._moment is not None:
            return
        clock = self.rows["test_helpers.test_clock"][id]
        if clock["status"] == "advancing":
            raise refused("The test clock is still advancing.", code="test_clock_advancing")
        self._moment = clock["frozen_time"]

    def settings(self) -> Row:
        """Give the account's settings; change them with `edit("_settings", "settings")`."""
        return self.kind("_settings").get("settings", _DEFAULT_SETTINGS)

    def kind(self, kind: str) -> dict[str, Row]:
        """Give all rows of a kind by id, oldest first."""
        return self.rows.setdefault(kind, {})

    def get(self, kind: str, id: str | None) -> Row | None:
        """Find a row."""
        return self.kind(kind).get(id) if id else None

    def add(self, row: Row, kind: str | None = None) -> Row:
        """Keep a new row under its `object` name, or under the kind given."""
        kind = kind or row["object"]
        self._remember(kind, row["id"], self.kind(kind).get(row["id"]))
        self.put(kind, row)
        return row

    def put(self, kind: str, row: Row) -> None:
        """Lay a row down as it is: what `add` does after remembering, and what loading does."""
        self.kind(kind)[row["id"]] = row
        if kind in _KEPT_BY_CUSTOMER:
            self._of_customer.setdefault((kind, row["customer"]), []).append(row["id"])

    def of_customer(self, kind: str, customer: str) -> list[Row]:
        """Give a customer's rows of a kind, oldest first."""
        rows = self.kind(kind)
        if kind in _KEPT_BY_CUSTOMER:
            ids = self._of_customer.get((kind, customer), [])
            return [rows[id] for id in ids if id in rows]
        return [row for row in rows.values() if row.get("customer") == customer]

    def customers(self, email: str | None) -> list[Row]:
        """Give the customers with this address, or all of them, oldest first."""
        rows = self.kind("customer")
        return list(rows.values()) if email is None else [rows[id] for id in self.emails.ids(email)]

    def clear(self) -> None:
        """Forget everything."""
        self.rows.clear()
        self.emails = Emails()
        self._of_customer.clear()
        self.requests.clear()
        self.conditions = Conditions()
        self.in_flight.clear()
        self.outbox = Outbox()

    def edit(self, kind: str, id: str) -> Row:
        """Give a row to be changed in place."""
        if kind == "_settings" and id not in self.kind(kind):
            self.add({"id": id, **copied(_DEFAULT_SETTINGS)}, kind)
        row = self.kind(kind)[id]
        self._remember(kind, id, row)
        return row

    def remove(self, kind: str, id: str) -> None:
        """Drop a row for good."""
        rows = self.kind(kind)
        self._remember(kind, id, rows[id])
        if self._journal and kind != "_idempotency":
            self._journal.remember_order(kind, rows)
        del rows[id]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all changes inside happen together or not at all."""
        if self._journal is not None:
            yield
            return
        journal = self._journal = Journal()
        try:
            yield
        except BaseException:
            journal.undo(self.rows)
            raise
        else:
            changes = [(kind, id, self.kind(kind).get(id)) for kind, id in journal.changed]
            self.index(changes)
            for listener in self.on_commit:
                listener(self, changes)
        finally:
            self._journal = None
            self._moment = None

    def index(self, changes: list[Change]) -> None:
        """Take down what is looked up by more than its id."""
        for kind, id, row in changes:
            if kind == "customer":
                self.emails.note(id, row)
            elif kind == "_delivery":
                self.outbox.note(id, row)

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Let changes happen within a transaction, and take all of them back at the end.

        Rows that were changed are other objects afterwards: look them up again.
        """
        before, self._journal = self._journal, Journal()
        try:
            yield
        finally:
            self._journal.undo(self.rows)
            self._journal = before

    def _remember(self, kind: str, id: str, row: Row | None) -> None:
        if self._journal is None:
            raise RuntimeError("Rows change only inside a transaction.")
        self._journal.remember(kind, id, row)


_KEPT_BY_CUSTOMER = ("subscription", "invoice", "invoiceitem", "tax_id")
"""Kinds whose customer never changes: found without looking through all of them."""

_DEFAULT_SETTINGS: Row = {
    "clock_offset": 0,
    "webhooks": AS_USUAL,
}
