"""Loaded by schemathesis: of the phase that names every corner, take one case in so many.

All corners of a body with forty members are hundreds of requests for each operation. `make test`
takes a share of them, another one with each seed; the long run takes all.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import schemathesis

# As running.py gives them.
_one_in = int(os.environ.get("CONTRACT_ONE_IN", "1"))
_seed = int(os.environ.get("CONTRACT_SEED", "0"))
_seen: Counter[str] = Counter()


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Tell whether a case is taken: every one but for those of the coverage phase's many."""
    meta = case.meta
    if meta is None or meta.phase.name.value != "coverage":
        return True
    _seen[case.operation.label] += 1
    return (_seen[case.operation.label] + _seed) % _one_in == 0
