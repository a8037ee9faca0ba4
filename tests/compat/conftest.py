"""The portal over the shop of the pages' tests, and a program with a key of all scopes."""

from __future__ import annotations

from tests.api.conftest import portal, program, shop

__all__ = ["portal", "program", "shop"]
