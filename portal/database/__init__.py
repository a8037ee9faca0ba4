"""The database: SQLite or PostgreSQL, with one way to open, ask and write, on both alike."""

from portal.database.current import (
    close_database,
    empty_log,
    engine,
    is_sqlite,
    is_unique_violation,
    run_sql,
    savepoint,
    skip_locked,
    transaction,
)
from portal.database.schema import SchemaMismatch, migrate, open_database, schema_state

__all__ = [
    "SchemaMismatch",
    "close_database",
    "empty_log",
    "engine",
    "is_sqlite",
    "is_unique_violation",
    "migrate",
    "open_database",
    "run_sql",
    "savepoint",
    "schema_state",
    "skip_locked",
    "transaction",
]
