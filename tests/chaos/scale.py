"""How large a chaos test is, and how its dice fall: small and fixed, but for `make chaos`."""

from __future__ import annotations

import os
import random
from typing import Final, TypeVar

TIER: Final = "CHAOS_TIER"
SEED_GIVEN: Final = "CHAOS_SEED"
FIGURES_INTO: Final = "CHAOS_FIGURES"

IS_LONG: Final = os.environ.get(TIER) == "long"
SEED: Final = int(os.environ.get(SEED_GIVEN, "7"))

Size = TypeVar("Size")


def scaled(fast: Size, long: Size) -> Size:
    """Return the size of this tier: `make test` is fast, `make chaos` is long."""
    return long if IS_LONG else fast


def dice(of: str = "") -> random.Random:
    """Return dice that fall alike in every run of this seed; a name for each of several."""
    return random.Random(f"{SEED}:{of}")


def databases(fast: str) -> list[str]:
    """Name the databases of this tier, for `database_url`: in the fast one only this."""
    return scaled([fast], ["sqlite", "postgres"])
