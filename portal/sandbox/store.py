"""Keep accounts in an SQLite file, so that a restart continues where it was."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from portal.sandbox.account import Account, Change

_TABLES = """
create table if not exists account (id text primary key, key text unique not null);
create table if not exists entry (
    account text not null, kind text not null, id text not null, position integer not null,
    body text not null, primary key (account, kind, id)
) without rowid;
"""


class Store:
    """An SQLite file with every account's rows."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._file.execute("pragma journal_mode = wal")
        self._file.execute("pragma synchronous = normal")
        self._file.executescript(_TABLES)
        (last,) = self._file.execute("select coalesce(max(position), 0) from entry").fetchone()
        self._position: int = last

    def load(self, public_url: str) -> list[Account]:
        """Read all accounts back."""
        accounts = []
        for id, key in self._file.execute("select id, key from account order by rowid"):
            account = Account(id, key, public_url)
            rows = self._file.execute(
                "select kind, body from entry where account = ? order by position", (id,)
            )
            for kind, body in rows:
                account.put(kind, json.loads(body))
            accounts.append(account)
        return accounts

    def keep_account(self, account: Account) -> None:
        """Write a new account down."""
        self._file.execute("insert into account values (?, ?)", (account.id, account.key))

    def save(self, account: Account, changes: list[Change]) -> None:
        """Write what one transaction changed."""
        self._file.execute("begin immediate")
        for kind, id, row in changes:
            if row is None:
                self._file.execute(
                    "delete from entry where account = ? and kind = ? and id = ?",
                    (account.id, kind, id),
                )
                continue
            self._position += 1
            self._file.execute(
                "insert into entry values (?, ?, ?, ?, ?) on conflict (account, kind, id)"
                " do update set body = excluded.body",
                (account.id, kind, id, self._position, json.dumps(row)),
            )
        self._file.execute("commit")

    def forget(self, account: Account) -> None:
        """Drop an account's rows."""
        self._file.execute("delete from entry where account = ?", (account.id,))

    def close(self) -> None:
        """Let the file go."""
        self._file.close()
