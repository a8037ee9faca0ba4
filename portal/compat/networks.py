"""Addresses of networks, as the forms of doors take them."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

_LONGEST = 50


def _address(text: str) -> str:
    try:
        return str(ip_address(text)) if text else ""
    except ValueError:
        raise PydanticCustomError("ip_invalid", "Send an IP address.") from None


Network = Annotated[
    str,
    StringConstraints(max_length=_LONGEST, pattern=r"^[0-9a-fA-F:.]*$"),
    AfterValidator(_address),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "ipv4"},
                {"type": "string", "format": "ipv6"},
                {"type": "string", "const": ""},
            ]
        }
    ),
]
"""An IPv4 or IPv6 address, or none."""
