"""All accounts of one sandbox."""

from __future__ import annotations

from pathlib import Path

from portal.sandbox.account import Account
from portal.sandbox.agenda import Agenda
from portal.sandbox.courier import Courier
from portal.sandbox.errors import StripeError
from portal.sandbox.rows import Change, new_id
from portal.sandbox.store import Store


class Sandbox:
    """A local Stripe: accounts by API key, in memory or in a file, and what happens by itself."""

    def __init__(self, public_url: str, data: Path | None) -> None:
        self.public_url = public_url.rstrip("/")
        self.accounts: dict[str, Account] = {}
        self._holders: dict[str, Account] = {}
        self.courier = Courier(self)
        self.agenda = Agenda(self)
        self._store = Store(data) if data else None
        for account in self._store.load(self.public_url) if self._store else []:
            self._take_in(account)

    def holder(self, key: str) -> Account | None:
        """Find the account that a key belongs to."""
        return self.accounts.get(key) or self._holders.get(key)

    def account_named(self, id: str) -> Account:
        """Find an account by its id.

        Raises:
            StripeError: 404, there is none.
        """
        for account in self.accounts.values():
            if account.id == id:
                return account
        raise StripeError(404, f"No such account: '{id}'")

    def open_account(self, key: str | None = None, *, livemode: bool = False) -> Account:
        """Give the account of a key, making it if there is none; without a key, a new one."""
        key = key or new_id("sk_live" if livemode else "sk_test")
        if key not in self.accounts:
            account = Account(new_id("acct", 16), key, self.public_url)
            if self._store:
                self._store.keep_account(account)
            self._take_in(account)
        return self.accounts[key]

    def reset(self, account: Account) -> None:
        """Empty an account: rows, requests, faults, clock, and keys but the first."""
        for key in account.kind("_key"):
            self._holders.pop(key, None)
        account.clear()
        self.agenda.forget(account)
        if self._store:
            self._store.forget(account)

    def find_token(self, token: str) -> tuple[Account, str, str] | None:
        """Find whose a bearer secret in an address is: account, kind and id."""
        for account in self.accounts.values():
            if row := account.get("_token", token):
                return account, row["kind"], row["of"]
        return None

    async def written(self) -> None:
        """Return once all that has happened is in the file."""
        if self._store:
            await self._store.written()

    def close(self) -> None:
        """Let the file go."""
        if self._store:
            self._store.close()

    def _take_in(self, account: Account) -> None:
        self.accounts[account.key] = account
        if self._store:
            account.on_commit.append(self._store.save)
        account.on_commit.append(self._notice)
        everything: list[Change] = [
            (kind, id, row) for kind in list(account.rows) for id, row in account.kind(kind).items()
        ]
        account.index(everything)
        self._notice(account, everything)

    def _notice(self, account: Account, changes: list[Change]) -> None:
        self.agenda.note(account, changes)
        for kind, id, _ in changes:
            if kind == "_key":
                self._holders[id] = account
        if any(kind == "_delivery" for kind, _, _ in changes):
            self.courier.wake(account)
