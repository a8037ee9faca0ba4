"""What tests stand on: one event loop, both databases, a local Stripe, a browser."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import uvicorn
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from piccolo.table import sort_table_classes
from playwright.async_api import Browser, Page, async_playwright

from portal import database as portal_database
from portal import settings as portal_settings
from portal.deliveries.listeners import forget_listeners
from portal.piccolo_app import APP_CONFIG
from portal.plans.coupon import forget_coupons
from portal.plans.offers import forget_offers
from portal.sandbox.listening import listen
from portal.settings import configure
from portal.sites.storefront import forget_sites
from portal.web.limits import forget_limits
from portal.web.programs.pace import forget_pace
from tests.browser import LEAN, chromium
from tests.local_stripe import LocalStripe, open_account
from tests.postgres import PostgresServer, running_postgres

# How fast a machine is, and how busy, says nothing about what is right.
hypothesis_settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("any machine")

SECRET = "the secret of the tests, 32 characters and more"
TAKE_LONG = ("tests/chaos/", "tests/journeys/", "tests/test_", "tests/templates/", "tests/sandbox/")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several share the tests, begin with what takes long: none works alone in the end."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith(TAKE_LONG))


def pytest_collection_finish() -> None:
    """What was imported stays: whoever looks for what can be thrown away need not look at it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run every test and fixture in one event loop, so that they may share connections."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _our_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start each test with these settings; one that needs others calls configure()."""
    use_test_settings(monkeypatch, tmp_path)
    caches = (forget_sites, forget_offers, forget_limits, forget_coupons)
    for forget in (*caches, forget_pace, forget_listeners):
        forget()


def use_test_settings(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Forget the environment and what the last test chose: no DNS, mail into a folder."""
    for name in [name for name in os.environ if name.startswith(portal_settings.PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(portal_settings, "_chosen", {})
    configure(
        secret=SECRET,
        check_email_dns=False,
        stripe_calls_per_s=1000.0,
        mail_url=f"file://{folder / 'mail'}",
        database_url=f"sqlite:///{folder / 'portal.sqlite'}",
    )


# Databases


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this run."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
async def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> Path:
    """A file with our schema and no rows, to be copied."""
    path = tmp_path_factory.mktemp("database") / "migrated.sqlite"
    with _settings_of_the_session(path.parent):
        await portal_database.open_database(f"sqlite:///{path}")
        await portal_database.close_database()
    return path


@pytest.fixture(scope="session")
async def migrated_postgres(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory, anyio_backend: str
) -> str:
    """The address of a database with our schema."""
    url = await create_database(postgres, "portal_tests")
    with _settings_of_the_session(tmp_path_factory.mktemp("postgres")):
        await portal_database.open_database(url, prepare=False)
        await portal_database.migrate()
        await portal_database.close_database()
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with our schema, and perhaps another test's rows."""
    if request.param == "postgres":
        return str(request.getfixturevalue("migrated_postgres"))
    shutil.copyfile(request.getfixturevalue("migrated_sqlite"), tmp_path / "portal.sqlite")
    return f"sqlite:///{tmp_path / 'portal.sqlite'}"


@pytest.fixture
async def database(database_url: str, _our_settings: None) -> AsyncIterator[str]:
    """An open, empty database; the test runs once on SQLite and once on PostgreSQL."""
    configure(database_url=database_url)
    await portal_database.open_database(database_url, prepare=False)
    if not portal_database.is_sqlite():
        await end_other_connections()
    await empty_tables()
    yield database_url
    await portal_database.close_database()


@pytest.fixture(params=["sqlite", "postgres"])
async def bare_database_url(
    request: pytest.FixtureRequest, tmp_path: Path, anyio_backend: str
) -> AsyncIterator[str]:
    """The address of a database without a single table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bare.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    yield await create_database(server, "bare")


async def create_database(server: PostgresServer, name: str) -> str:
    """Make a database anew and return its address."""
    connection = await asyncpg.connect(server.url())
    await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return server.url(name)


async def end_other_connections() -> None:
    """End what a server may still be doing for a test that is over; its locks go with it."""
    await portal_database.run_sql(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )


async def empty_tables() -> None:
    """Delete every row, children first, and set the counter back."""
    async with portal_database.transaction():
        for table in reversed(sort_table_classes(APP_CONFIG.table_classes)):
            if table._meta.tablename != "ticket":
                await portal_database.run_sql(f"DELETE FROM {table._meta.tablename}")
        await portal_database.run_sql("UPDATE ticket SET value = 0")


@contextmanager
def _settings_of_the_session(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_test_settings(monkeypatch, folder)
        yield


# Servers and browsers


@asynccontextmanager
async def serving(app_at: Callable[[str], Any]) -> AsyncIterator[str]:
    """Serve what this function makes for an address, in this loop; gives the address."""
    listening = listen(0)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        app_at(address), log_config=None, lifespan="on", timeout_graceful_shutdown=2
    )
    server = _QuietServer(config)
    task = asyncio.create_task(_served(server, listening))
    while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn has no event
        await asyncio.sleep(0.005)
    if not server.started:
        await task
        raise RuntimeError("The application did not start.")
    try:
        yield address
    finally:
        server.should_exit = True
        await task


@pytest.fixture(scope="session")
async def sandbox_url(anyio_backend: str) -> AsyncIterator[str]:
    """The address of the sandbox of this run."""
    from portal.sandbox.app import create_app

    async with serving(lambda address: create_app(public_url=address)) as address:
        yield address


@pytest.fixture
async def sandbox(sandbox_url: str, _our_settings: None) -> AsyncIterator[LocalStripe]:
    """A fresh account in the sandbox; the settings lead to it."""
    # Reading the world's certificates takes 30 ms; here nobody speaks TLS.
    async with httpx.AsyncClient(timeout=60, verify=False) as http:
        account = await open_account(sandbox_url, http)
        configure(stripe_api=sandbox_url, stripe_key=account.key)
        yield account


async def _served(server: uvicorn.Server, listening: socket.socket) -> None:
    try:
        await server.serve(sockets=[listening])
    except SystemExit as ended:
        # Else the loop ends, and with it every test that comes later.
        raise RuntimeError("The application did not start: the log says why.") from ended


class _QuietServer(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to pytest."""
        yield


@pytest.fixture(scope="session")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    """A Chromium for the whole run."""
    async with async_playwright() as playwright:
        own = playwright.chromium
        running = await own.launch(executable_path=chromium(own.executable_path), args=LEAN)
        yield running
        await running.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A tab in a browser that knows nothing of other tests."""
    context = await browser.new_context(locale="en-GB", timezone_id="Europe/London")
    context.set_default_timeout(30_000)
    yield await context.new_page()
    await context.close()
