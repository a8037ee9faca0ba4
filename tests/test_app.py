"""Starting and stopping the whole application."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.app import create_app
from portal.database import SchemaMismatch, run_sql
from portal.settings import configure
from tests.pages.browsing import browser_at


async def test_an_empty_sqlite_file_becomes_a_portal_by_itself(tmp_path: Path) -> None:
    configure(database_url=f"sqlite:///{tmp_path / 'new.sqlite'}")
    app = create_app()

    async with app.doors.lifespan(), browser_at(app) as http:
        ready = await http.get("/readyz")
        empty = await http.get("/")
        assert await run_sql("SELECT COUNT(*) AS count FROM customer") == [{"count": 0}]

    assert ready.json()["checks"] == {"database": True, "schema": True, "worker": True}
    assert empty.status_code == 404
    assert "There is no storefront here yet." in empty.text


async def test_an_older_sqlite_is_migrated_and_an_older_postgresql_refused(
    bare_database_url: str,
) -> None:
    configure(database_url=bare_database_url)
    if bare_database_url.startswith("sqlite"):
        app = create_app()
        async with app.doors.lifespan(), browser_at(app) as http:
            assert (await http.get("/readyz")).status_code == 200
        return
    with pytest.RaisesGroup(pytest.RaisesExc(SchemaMismatch, match="portal migrate")):
        async with create_app().doors.lifespan():
            raise AssertionError("It started.")


async def test_without_a_worker_a_process_serves_all_the_same(tmp_path: Path) -> None:
    configure(database_url=f"sqlite:///{tmp_path / 'new.sqlite'}", worker=False)
    app = create_app()

    async with app.doors.lifespan(), browser_at(app) as http:
        assert app.doors.state.worker is None
        assert (await http.get("/readyz")).status_code == 200


async def test_it_starts_again_where_it_was(tmp_path: Path) -> None:
    configure(database_url=f"sqlite:///{tmp_path / 'new.sqlite'}")

    for _ in range(2):
        app = create_app()
        async with app.doors.lifespan(), browser_at(app) as http:
            assert (await http.get("/healthz")).json() == {"status": "ok"}
