"""Where a browser may be sent."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_PLAIN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")  # Printable ASCII without a backslash.
_ESCAPED = re.compile(r"%(?:0[0-9a-f]|1[0-9a-f]|2f|5c|7f|25)", re.IGNORECASE)


def own_path(wanted: str, otherwise: str) -> str:
    """Return the path that was wanted if every browser reads it as one of ours, else the other.

    Refuses what browsers and proxies read in more than one way: //, backslashes, control
    characters, and the same behind percent signs.
    """
    if not _PLAIN_PATH.fullmatch(wanted):
        return otherwise
    parts = urlsplit(wanted)
    same = parts.scheme == parts.netloc == "" and parts.path.startswith("/")
    safe = "//" not in parts.path and "/." not in parts.path and not _ESCAPED.search(parts.path)
    return wanted if same and safe else otherwise


def origin_of(url: str) -> str:
    """Return scheme://host:port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
