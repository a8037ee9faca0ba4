"""Where a program may have somebody led back to: addresses that the seller declared, and ours."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from portal.errors import PortalError


class ReturnUrlNotListed(PortalError):
    """An address to go on to lies elsewhere than the seller declared."""

    status = 422
    code = "return_url_not_listed"
    sentence = "Give an address at one of the site's return_origins, or none."


def is_listed(url: str, origins: Sequence[str], base_url: str) -> bool:
    """Tell whether an address lies at one of these origins, or at our own."""
    try:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}".lower()
        # What has a user, or is no web address at all, is never led to.
        is_plain = parts.scheme in ("https", "http") and "@" not in parts.netloc
    except ValueError:
        return False
    known = {_origin(each) for each in (*origins, base_url)}
    return is_plain and bool(parts.netloc) and "\\" not in url and origin in known


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
