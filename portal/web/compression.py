"""Make answers small."""

from __future__ import annotations

import re
import zlib

from portal.web.scope import Scope, header

LEAST_BYTES = 500
_REFUSED = re.compile(r"\bgzip\s*;\s*q=0(\.0+)?\s*(,|$)")
_FAST, _BEST = 4, 9


def takes_gzip(scope: Scope) -> bool:
    """Tell whether the client can read gzip."""
    accepted = header(scope, b"accept-encoding")
    return "gzip" in accepted and not _REFUSED.search(accepted)


def gzipped(body: bytes, *, once: bool = False) -> bytes:
    """Compress: quickly for one answer, thoroughly for what is made once and sent often."""
    packer = zlib.compressobj(_BEST if once else _FAST, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()
