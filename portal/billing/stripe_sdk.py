"""Stripe's SDK, without the HTTP clients that it loads and that we do not use.

It imports every one it finds, and takes ten megabytes for two of them. Ours is its third, aiohttp.
Import it from here, so that nothing else does so first.
"""

from __future__ import annotations

import sys

_NOT_OURS = ("requests", "httpx")

_hidden = [name for name in _NOT_OURS if name not in sys.modules]
sys.modules.update(dict.fromkeys(_hidden))  # type: ignore[arg-type]  # None: as if not installed.
try:
    import stripe as stripe
finally:
    for _name in _hidden:
        del sys.modules[_name]
