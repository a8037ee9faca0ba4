"""The shop, and a nursery of processes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.chaos.lives import Nursery, nursery
from tests.onboarding.conftest import shop

__all__ = ["shop"]


@pytest.fixture
async def processes(anyio_backend: str) -> AsyncIterator[Nursery]:
    """Where processes come from."""
    async with nursery() as opened:
        yield opened
