"""Loaded by schemathesis: of the phase that names every corner, take one case in so many.

All corners of a body with forty members are hundreds of requests for each operation. `make test`
takes a share of them, another one with each seed; the long run takes all.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from itertools import count
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


_REPEATABLE = re.compile(r"[!-~]{1,240}")
_numbers = count()


@schemathesis.hook
def map_case(context: Any, case: Any) -> Any:
    """Give each request a key of its own to be repeated by.

    Keys that are drawn are often the same. What is made would then be answered a second time though
    it was removed meanwhile, as it must; here that would look as if it had been lost.
    """
    for name in case.headers or {}:
        if name.lower().endswith("idempotency-key") and _is_repeatable(case.headers[name]):
            case.headers[name] += f"-{next(_numbers)}"
    return case


def _is_repeatable(key: object) -> bool:
    return isinstance(key, str) and _REPEATABLE.fullmatch(key) is not None
