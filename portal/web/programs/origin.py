"""Who was before the program that asks, as it tells us; and what it wants not to be sent."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from ipaddress import ip_address

from portal.audit.origin import Origin
from portal.cards import holds_card, is_card_number
from portal.customers.text import has_hidden
from portal.deliveries.quiet import Quiet
from portal.redaction import hide
from portal.web.programs.problems import BadHeader
from portal.web.scope import Scope, header

_DEVICE, _USER, _ENCODED, _IP = (
    "request-origin-device",
    "request-origin-user",
    "request-origin-user-encoded",
    "request-origin-ip",
)
_LONGEST = {_DEVICE: 100, _USER: 320, _ENCODED: 430, _IP: 50}
_ALL_OFF = "all-disabled"


def origin_of(scope: Scope, prefix: str = "portal-") -> Origin:
    """Read who was before the program; of the user's two headers the encoded one counts.

    Raises:
        BadHeader: naming the header that cannot be read.
    """
    user = _text(scope, prefix + _USER, _USER)
    if encoded := _text(scope, prefix + _ENCODED, _ENCODED):
        user = _decoded(encoded, prefix + _ENCODED)
    origin = Origin(_text(scope, prefix + _DEVICE, _DEVICE), user, _ip(scope, prefix + _IP))
    hide([origin.user, origin.ip, origin.device])
    return origin


def quiet_of(scope: Scope, prefix: str = "portal-") -> Quiet:
    """Read what is not to be sent of this request.

    Raises:
        BadHeader: it says anything but all-disabled.
    """
    mails, webhooks, actions = (
        _is_off(scope, f"{prefix}event-{name}") for name in ("email", "webhook", "actions")
    )
    return Quiet(mails, webhooks, actions)


def _text(scope: Scope, name: str, kind: str) -> str:
    text = header(scope, name.encode()).strip()
    if len(text) > _LONGEST[kind]:
        raise BadHeader(name, f"Send at most {_LONGEST[kind]} characters.")
    if has_hidden(text):
        raise BadHeader(name, "Send it without hidden characters.")
    return _without_card(text, name)


def _without_card(text: str, name: str) -> str:
    if is_card_number(text) or holds_card(text):
        raise BadHeader(name, "Card numbers are not taken here.")
    return text


def _decoded(text: str, name: str) -> str:
    try:
        user = b64decode(text, validate=True).decode()
    except (NotBase64, UnicodeDecodeError, ValueError) as wrong:
        raise BadHeader(name, "Send base64 of UTF-8 text.") from wrong
    if len(user) > _LONGEST[_USER] or has_hidden(user):
        raise BadHeader(name, "It holds no e-mail address.")
    return _without_card(user, name)


def _ip(scope: Scope, name: str) -> str:
    text = _text(scope, name, _IP)
    try:
        return str(ip_address(text)) if text else ""
    except ValueError as wrong:
        raise BadHeader(name, "Send an IP address.") from wrong


def _is_off(scope: Scope, name: str) -> bool:
    said = header(scope, name.encode()).strip().lower()
    if said not in ("", _ALL_OFF):
        raise BadHeader(name, f"Send {_ALL_OFF}, or leave it out.")
    return said == _ALL_OFF
