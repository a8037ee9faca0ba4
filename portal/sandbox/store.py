"""Keep accounts in an SQLite file, so that a restart continues where it was."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import msgspec

from portal.sandbox.account import Account
from portal.sandbox.rows import Change, Row

_TABLES = """
create table if not exists account (id text primary key, key text unique not null);
create table if not exists item (
    position integer primary key, account text not null, kind text not null, id text not null,
    body text not null
);
"""
_DROP = "delete from item where position = ?"
_KEEP = "insert or replace into item values (?, ?, ?, ?, ?)"


class Store:
    """An SQLite file with every account's rows.

    Transactions that end in the same turn of the event loop are written as one, before any of
    their answers goes out.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._file.execute("pragma journal_mode = wal")
        self._file.execute("pragma synchronous = normal")
        self._file.executescript(_TABLES)
        self._positions: dict[tuple[str, str, str], int] = {}
        self._last = 0
        self._unwritten: dict[tuple[str, str, str], Row | None] = {}

    def load(self, public_url: str) -> list[Account]:
        """Read all accounts back."""
        accounts = []
        for id, key in self._file.execute("select id, key from account order by rowid"):
            account = Account(id, key, public_url)
            rows = self._file.execute(
                "select position, kind, id, body from item where account = ? order by position",
                (id,),
            )
            for position, kind, row, body in rows:
                self._positions[account.id, kind, row] = position
                self._last = max(self._last, position)
                account.put(kind, msgspec.json.decode(body))
            accounts.append(account)
        return accounts

    def keep_account(self, account: Account) -> None:
        """Write a new account down."""
        self._file.execute("insert into account values (?, ?)", (account.id, account.key))

    def save(self, account: Account, changes: list[Change]) -> None:
        """Take what one transaction changed; it is written with all else of this moment."""
        if not self._unwritten:
            self._write_soon()
        for kind, id, row in changes:
            self._unwritten[account.id, kind, id] = row

    def _write_soon(self) -> None:
        try:
            asyncio.get_running_loop().call_soon(self.write)
        except RuntimeError:
            return

    async def written(self) -> None:
        """Return once everything that was saved is in the file; nothing is answered before."""
        if self._unwritten:
            await asyncio.sleep(0)
            self.write()

    def write(self) -> None:
        """Write what is not yet written, in one transaction."""
        if not self._unwritten:
            return
        gone = [key for key, row in self._unwritten.items() if row is None]
        kept = [
            (self._position(key), *key, msgspec.json.encode(row))
            for key, row in self._unwritten.items()
            if row is not None
        ]
        with self._file:
            self._file.execute("begin immediate")
            self._file.executemany(_DROP, [(self._positions.get(key),) for key in gone])
            self._file.executemany(_KEEP, kept)
        for key in gone:
            self._positions.pop(key, None)
        self._unwritten.clear()

    def _position(self, key: tuple[str, str, str]) -> int:
        """Give a row's place: new rows go to the end, so that the file is written in order."""
        if key not in self._positions:
            self._last += 1
            self._positions[key] = self._last
        return self._positions[key]

    def forget(self, account: Account) -> None:
        """Drop an account's rows."""
        self.write()
        self._file.execute("delete from item where account = ?", (account.id,))
        self._positions = {key: at for key, at in self._positions.items() if key[0] != account.id}

    def close(self) -> None:
        """Let the file go."""
        self.write()
        self._file.close()
