"""Who is asking: their address, as far as our own proxies can vouch for it."""

from __future__ import annotations

from collections.abc import Iterable

from portal.settings import settings
from portal.web.scope import Scope, header


def address_of(scope: Scope) -> str:
    """Return the right-most address that no proxy of ours added; "" if there is none."""
    peer = scope.get("client")
    hops = [hop.strip() for hop in header(scope, b"x-forwarded-for").split(",") if hop.strip()]
    return right_most([*hops, peer[0] if peer else ""], settings().trusted_proxies)


def right_most(hops: Iterable[str], trusted: int) -> str:
    """Return the hop before the trusted ones: what is left of it, a stranger may have written."""
    chain = list(hops)
    return chain[max(0, len(chain) - 1 - trusted)]
