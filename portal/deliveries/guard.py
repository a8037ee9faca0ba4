"""Which addresses we call for a seller: public ones only. Plain functions of their arguments.

Whoever may name an endpoint must not reach by it what only this machine can: its own services,
its neighbours, the metadata of a cloud.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from portal.errors import Problem

LONGEST = 2000
_HTTPS = 443
_FREE_PORTS = 1024

# Source: https://www.iana.org/assignments/iana-ipv4-special-registry
_NOT_PUBLIC_4 = tuple(
    IPv4Network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24"),
        *("192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
# Source: https://www.iana.org/assignments/iana-ipv6-special-registry
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20")
)
_NAT64 = IPv6Network("64:ff9b::/96")
_LOWEST_32 = 0xFFFFFFFF
# What two readers of an address may understand differently.
_UNUSUAL = re.compile(r"[^!-~]|[\\#\"<>^`{|}]")


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet; an address inside it counts."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in block for block in _NOT_PUBLIC_4)
    if found.scope_id:
        return False
    inner = _inner(found)
    if inner is not None:
        return is_public(str(inner))
    return found in _PUBLIC_6 and not any(found in block for block in _NOT_PUBLIC_6)


def _inner(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that is reached by this one: mapped, by NAT64, or by 6to4."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & _LOWEST_32)
    return address.sixtofour


def problem_of(url: str, private_hosts: Collection[str] = ()) -> Problem | None:
    """Say what keeps us from calling this address, as far as it can be told without asking DNS.

    `private_hosts` may be anywhere, and be called by plain http.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return _UNREADABLE
    if not host or len(url) > LONGEST or _UNUSUAL.search(url):
        return _UNREADABLE
    if parts.username is not None or parts.password is not None:
        return _WITH_PASSWORD
    if host in private_hosts and parts.scheme in ("http", "https"):
        return None
    if parts.scheme != "https":
        return _NOT_HTTPS
    if port is not None and port != _HTTPS and port < _FREE_PORTS:
        return _PORT
    return None if _may_be_public(host) else _PRIVATE


def _may_be_public(host: str) -> bool:
    """Tell whether a host is a public address, or a name: what that leads to is seen later."""
    try:
        ip_address(host)
    except ValueError:
        # What ends in a number is an address in a spelling of its own, such as 127.1 or 0x7f.1.
        last = host.rstrip(".").rpartition(".")[2]
        is_number = last.isdigit() or last.startswith("0x")
        is_local = "." not in host.rstrip(".") or last in ("localhost", "local", "internal")
        return not is_number and not is_local
    return is_public(host)


_UNREADABLE = Problem(
    "url_invalid", "Enter a web address such as https://shop.example/webhooks, without a #."
)
_WITH_PASSWORD = Problem(
    "url_with_password", "Leave user and password out: we sign what we send instead."
)
_NOT_HTTPS = Problem("url_not_https", "Enter an address that begins with https://.")
_PORT = Problem("url_port", "Use port 443, or one above 1023.")
_PRIVATE = Problem("url_private", "Enter an address that can be reached from the internet.")
