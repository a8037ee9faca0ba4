"""The portal over the shop of the pages' tests, and a program with a key of all scopes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from portal.app import Portal
from tests.api.calling import Program, program_with
from tests.pages.conftest import portal, shop

__all__ = ["portal", "program", "shop"]


@pytest.fixture
async def program(portal: Portal) -> AsyncIterator[Program]:
    """A program that may do everything."""
    async with program_with(portal) as program:
        yield program
