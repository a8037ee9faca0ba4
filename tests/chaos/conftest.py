"""The shop, a nursery of processes, and where a test tells its figures."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.figures import Figures
from tests.chaos.lives import Nursery, nursery
from tests.chaos.scale import FIGURES_INTO
from tests.onboarding.conftest import shop

__all__ = ["shop"]

_DATABASES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


@pytest.fixture(scope="module")
async def processes(anyio_backend: str) -> AsyncIterator[Nursery]:
    """Where processes come from: it keeps nothing of one for the next."""
    async with nursery() as opened:
        yield opened


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Where a test tells what came out; it knows on which database."""
    callspec = getattr(request.node, "callspec", None)
    database = callspec.params.get("database_url", "") if callspec else ""
    into = os.environ.get(FIGURES_INTO)
    trial = request.path.stem.removeprefix("test_")
    return Figures(trial, _DATABASES.get(database, ""), Path(into) if into else None)
