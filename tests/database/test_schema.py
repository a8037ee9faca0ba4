"""One straight history of migrations, forwards and backwards, the same on both databases."""

from __future__ import annotations

import ast
import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path

import pytest
from piccolo.apps.migrations.auto.diffable_table import DiffableTable
from piccolo.apps.migrations.auto.schema_differ import SchemaDiffer
from piccolo.apps.migrations.auto.schema_snapshot import SchemaSnapshot
from piccolo.apps.migrations.commands.base import BaseMigrationManager

import portal.migrations
from portal import clock
from portal.customers.tables import Customer
from portal.customers.text import fold
from portal.database import (
    SchemaMismatch,
    close_database,
    is_sqlite,
    is_unique_violation,
    migrate,
    open_database,
    run_sql,
    schema_state,
)
from portal.piccolo_app import APP_CONFIG
from portal.sites.tables import Site

NOW = clock.now()
FOLDER = Path(portal.migrations.__path__[0])
FILES = sorted(FOLDER.glob("portal_*.py"))


@pytest.fixture
async def bare(bare_database_url: str) -> AsyncIterator[str]:
    """An open database without a single table."""
    await open_database(bare_database_url, prepare=False)
    yield bare_database_url
    await close_database()


async def tables_and_indexes() -> set[str]:
    if is_sqlite():
        sql = "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    else:
        sql = (
            "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
            " UNION SELECT indexname FROM pg_indexes WHERE schemaname = 'public'"
        )
    return {row["name"] for row in await run_sql(sql)}


async def test_the_history_runs_forwards_backwards_and_forwards_again(bare: str) -> None:
    assert await schema_state() == "behind"

    forwards = await migrate()
    made = await tables_and_indexes()
    backwards = await migrate(to="none")
    left = await tables_and_indexes()
    again = await migrate()

    assert forwards == sorted(forwards) == again
    assert backwards == [f"-{name}" for name in reversed(forwards)]
    assert left <= {"migration", "migration_pkey"}
    assert await tables_and_indexes() == made
    assert {table._meta.tablename for table in APP_CONFIG.table_classes} <= made
    assert await schema_state() == "current"


async def test_one_step_at_a_time(bare: str) -> None:
    first, *rest = await migrate()

    assert await migrate(to=first) == [f"-{name}" for name in reversed(rest)]
    assert await schema_state() == "behind"
    assert await migrate() == rest
    assert await migrate() == []


async def test_a_migration_is_known_by_the_name_of_its_file(bare: str) -> None:
    named = [import_module(f"portal.migrations.{file.stem}").ID for file in FILES]

    assert await migrate() == named


async def test_an_unknown_migration_is_refused(bare: str) -> None:
    with pytest.raises(ValueError, match="no migration yesterday"):
        await migrate(to="yesterday")


async def test_sqlite_migrates_itself_and_postgresql_waits_to_be_told(
    bare_database_url: str,
) -> None:
    if bare_database_url.startswith("sqlite"):
        await open_database(bare_database_url)
        assert await schema_state() == "current"
    else:
        with pytest.raises(SchemaMismatch, match="portal migrate"):
            await open_database(bare_database_url)
    await close_database()


async def test_a_newer_schema_is_refused(bare: str) -> None:
    await migrate()
    await run_sql(
        "INSERT INTO migration (name, app_name, ran_on)"
        " VALUES ('2999-01-01T00:00:00:000000', 'portal', '2999-01-01 00:00:00')"
    )

    assert await schema_state() == "newer"
    with pytest.raises(SchemaMismatch, match="newer version"):
        await open_database(bare)


async def test_a_migration_that_fails_leaves_nothing_behind(
    bare: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = await migrate()
    await migrate(to="none")
    last = import_module(f"portal.migrations.{FILES[-1].stem}")
    monkeypatch.setattr(last, "forwards", lambda: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        await migrate()

    assert await tables_and_indexes() <= {"migration", "migration_pkey"}
    monkeypatch.undo()
    assert first in await migrate()


async def test_the_one_tax_id_that_a_customer_had_becomes_the_first_of_theirs(bare: str) -> None:
    table, *_ = [name for name in await migrate() if "T11:05" in name]
    await migrate(to=table)
    for statement in _ADA_HAS_A_TAX_ID:
        await run_sql(statement, *[NOW] * statement.count("{}"))

    await migrate()

    (held,) = await run_sql("SELECT * FROM customer_tax_id")
    assert (held["id"], held["customer"], held["value"]) == ("ctax_1", "cust_1", "GB980780684")
    assert (held["type"], held["stripe_id"], held["status"]) == ("gb_vat", None, "")
    assert bool(held["refused"])
    await migrate(to=table)
    assert await run_sql("SELECT * FROM customer_tax_id") == []


_ADA_HAS_A_TAX_ID = (
    "INSERT INTO company (id, key, name, created_at) VALUES ('c', 'c', 'C', {})",
    "INSERT INTO site (id, number, company, key, country, currency, created_at)"
    " VALUES ('s', 1, 'c', 'us', 'US', 'usd', {})",
    "INSERT INTO customer (id, company, site, tax_id, tax_id_type, tax_id_refused, created_at,"
    " updated_at) VALUES ('cust_1', 'c', 's', 'GB980780684', 'gb_vat', TRUE, {}, {})",
    "INSERT INTO customer (id, company, site, created_at, updated_at)"
    " VALUES ('cust_2', 'c', 's', {}, {})",
)


async def test_who_was_there_before_is_found_and_may_have_a_longer_name(bare: str) -> None:
    *_, former = [name for name in await migrate() if name < "2026-11-22T13"]
    await migrate(to=former)
    for statement in _ADA_HAS_A_TAX_ID:
        await run_sql(statement, *[NOW] * statement.count("{}"))
    await run_sql("UPDATE customer SET last_name = 'Løvelacé', email = 'Ada@x.example'")

    await migrate()

    await run_sql("UPDATE customer SET first_name = {} WHERE id = 'cust_1'", "a" * 255)
    (ada, _) = await run_sql("SELECT * FROM customer ORDER BY id")
    assert ada["search"] == fold(" Løvelacé Ada@x.example") == "løvelace ada@x example"
    assert (ada["external_id"], ada["metadata"], ada["tax_exempt"]) == (None, "{}", "none")
    await run_sql("UPDATE customer SET first_name = ''")
    await migrate(to=former)
    assert len(await run_sql("SELECT last_name FROM customer")) == 2


async def test_four_processes_migrate_at_once(bare_database_url: str) -> None:
    program = f"""
import asyncio
from portal.database import close_database, migrate, open_database, schema_state
from portal.settings import configure
configure(secret="x" * 32, database_url={bare_database_url!r})
async def main():
    await open_database(prepare=False)
    await migrate()
    assert await schema_state() == "current"
    await close_database()
asyncio.run(main())
"""
    processes = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(4)]
    codes = [await asyncio.to_thread(process.wait, 60) for process in processes]

    assert codes == [0, 0, 0, 0]
    await open_database(bare_database_url, prepare=False)
    assert await run_sql("SELECT id, value FROM ticket") == [{"id": 1, "value": 0}]
    await close_database()


async def test_the_migrations_make_exactly_our_tables() -> None:
    managers = await BaseMigrationManager().get_migration_managers(app_config=APP_CONFIG)
    snapshot = SchemaSnapshot(managers=managers).get_snapshot()
    ours = [
        DiffableTable(
            class_name=table.__name__,
            tablename=table._meta.tablename,
            schema=table._meta.schema,
            columns=table._meta.non_default_columns,
            constraints=table._meta.constraints,
        )
        for table in APP_CONFIG.table_classes
    ]

    differ = SchemaDiffer(schema=ours, schema_snapshot=snapshot, auto_input="n")

    assert not any(change.statements for change in differ.get_alter_statements())


@pytest.mark.parametrize("migration", FILES, ids=lambda path: path.stem)
def test_a_migration_imports_nothing_of_ours(migration: Path) -> None:
    imported = {
        name
        for node in ast.walk(ast.parse(migration.read_text()))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }

    assert not [name for name in imported if name.split(".")[0] == "portal"]


async def test_one_row_counts_and_no_second_can(database: str) -> None:
    with pytest.raises(Exception, match=r".") as caught:
        await run_sql("INSERT INTO ticket (id, value) VALUES (1, 0)")

    assert is_unique_violation(caught.value)


async def test_a_customers_address_is_theirs_once_in_a_company(database: str) -> None:
    await run_sql("INSERT INTO company (id, key, name, created_at) VALUES ('c', 'c', 'C', {})", NOW)
    await Site.insert(
        Site(id="s", number=1, company="c", key="us", country="US", currency="usd", created_at=NOW)
    )

    def ada(number: int, email_key: str | None) -> Customer:
        return Customer(
            id=f"cust_{number}",
            company="c",
            site="s",
            email_key=email_key,
            created_at=NOW,
            updated_at=NOW,
        )

    await Customer.insert(ada(1, "ada@lovelace.example"), ada(2, None), ada(3, None))
    with pytest.raises(Exception, match=r".") as caught:
        await Customer.insert(ada(4, "ada@lovelace.example"))

    assert is_unique_violation(caught.value)
    assert await Customer.count() == 3
