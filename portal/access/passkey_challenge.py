"""What a browser has to sign with a passkey: ours, of this browser, for ten minutes, once."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import timedelta
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from portal import clock
from portal.access.limits import Limit, allow_all
from portal.deliveries.mail import link_to
from portal.sealing import is_signed, sign
from portal.sites.storefront import Storefront

Ceremony = Literal["add", "use"]

VALID_FOR = timedelta(minutes=10)
_TIMEOUT_MS = 300_000
_ALGORITHMS = (-8, -7, -257)


def relying_party(site: Storefront) -> str:
    """Return the host that a passkey of this site is bound to; empty where none can be made.

    Browsers make passkeys for names, over https or on this machine; never for an IP address.
    """
    where = urlsplit(link_to(site, "/"))
    host = where.hostname or ""
    if site.passkeys != "on" or (where.scheme != "https" and host != "localhost"):
        return ""
    try:
        ip_address(host)
    except ValueError:
        return host
    return ""


def origin_of(site: Storefront) -> str:
    """Return the one origin whose pages may use a passkey of this site."""
    where = urlsplit(link_to(site, "/"))
    return f"{where.scheme}://{where.netloc}"


def new_challenge(ceremony: Ceremony, browser_hash: str) -> str:
    """Make a challenge for this browser."""
    said = f"{int(clock.now().timestamp()):x}-{secrets.token_urlsafe(16)}"
    return f"{said}-{sign(f'{said} {browser_hash}', f'passkey {ceremony}')}"


async def take_challenge(challenge: str, ceremony: Ceremony, browser_hash: str) -> bool:
    """Use a challenge up: True once, while it is valid, for the browser that it was made for."""
    said, signature = challenge[:-44], challenge[-43:]
    if not is_signed(f"{said} {browser_hash}", signature, f"passkey {ceremony}"):
        return False
    made_at = int(said.partition("-")[0], 16)
    if clock.now().timestamp() - made_at > VALID_FOR.total_seconds():
        return False
    only_once = Limit(per_s=VALID_FOR.total_seconds(), burst=1)
    return await allow_all({f"passkey challenge:{challenge}": only_once})


def options_to_use(challenge: str, host: str) -> str:
    """Write what navigator.credentials.get is asked for, as JSON."""
    return json.dumps(
        {
            "challenge": _for_scripts(challenge),
            "rpId": host,
            "userVerification": "required",
            "timeout": _TIMEOUT_MS,
        }
    )


def options_to_add(
    challenge: str, site: Storefront, user: tuple[str, str], known: list[str]
) -> str:
    """Write what navigator.credentials.create is asked for, as JSON; user: handle and name."""
    handle, name = user
    options = {
        "challenge": _for_scripts(challenge),
        "rp": {"id": relying_party(site), "name": site.name},
        "user": {"id": handle, "name": name, "displayName": name},
        "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in _ALGORITHMS],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
        "excludeCredentials": [{"type": "public-key", "id": each} for each in known],
        "timeout": _TIMEOUT_MS,
    }
    return json.dumps(options)


def _for_scripts(challenge: str) -> str:
    return base64.urlsafe_b64encode(challenge.encode()).rstrip(b"=").decode()
