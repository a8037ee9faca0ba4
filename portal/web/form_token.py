"""A form of ours carries a token: whose browser it was shown to, on which site, and when."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.sealing import is_signed, sign

LASTS = timedelta(hours=24)
_PURPOSE = "form token"
_SLACK = timedelta(minutes=5)


def new_token(browser_hash: str, site_id: str, now: datetime) -> str:
    """Make the token of a form: the time it was shown, then our signature."""
    issued = f"{int(now.timestamp())}"
    return f"{issued}.{sign(_message(issued, browser_hash, site_id), _PURPOSE)}"


def is_our_token(token: str, browser_hash: str, site_id: str, now: datetime) -> bool:
    """Tell whether we made this token for this browser and site, within the last day."""
    issued, _, signature = token.partition(".")
    if not (issued.isascii() and issued.isdigit() and len(issued) < 12 and signature.isascii()):
        return False
    age = timedelta(seconds=now.timestamp() - int(issued))
    message = _message(issued, browser_hash, site_id)
    return -_SLACK <= age <= LASTS and is_signed(message, signature, _PURPOSE)


def _message(issued: str, browser_hash: str, site_id: str) -> str:
    return f"{issued} {browser_hash} {site_id}"
