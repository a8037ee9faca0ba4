"""The two secrets of a sign-in request, made anew from ours whenever they are needed."""

import base64
import hmac
import re
import unicodedata

from portal.sealing import sign

_LINK = "sign-in link"
_CODE = "sign-in code"
_CHANGE, _UNDOING = "e-mail change link", "e-mail undo link"
_DECLARATION, _RESUMING = "declaration link", "resume link"
_DIGITS = 8
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_BETWEEN_DIGITS = re.compile(r"[\s\-\u2010-\u2015.]+")


def token_of(request_id: str) -> str:
    """Return the 32 bytes that the link of this request carries, in base64url."""
    return sign(request_id, _LINK)


def token_of_change(change_id: str) -> str:
    """Return what the link carries by which a new address is confirmed."""
    return sign(change_id, _CHANGE)


def token_of_undoing(change_id: str) -> str:
    """Return what the link carries by which a former address is had back."""
    return sign(change_id, _UNDOING)


def token_of_declaration(declaration_id: str) -> str:
    """Return what the link carries by which somebody confirms what they declared."""
    return sign(declaration_id, _DECLARATION)


def token_of_resuming(link_id: str) -> str:
    """Return what the link carries by which a sign-up is gone on with elsewhere."""
    return sign(link_id, _RESUMING)


def is_token(text: str) -> bool:
    """Tell whether a text from an address looks like a token at all."""
    return _TOKEN.fullmatch(text) is not None


def code_of(request_id: str, browser_hash: str) -> str:
    """Return the 8 digits that this browser may type in place of the link."""
    signature = base64.urlsafe_b64decode(sign(f"{request_id}:{browser_hash}", _CODE) + "=")
    return f"{int.from_bytes(signature) % 10**_DIGITS:0{_DIGITS}}"


def is_code(typed: str, code: str) -> bool:
    """Tell whether this code was typed, however spaced, in a time that says nothing of it."""
    bare = _BETWEEN_DIGITS.sub("", unicodedata.normalize("NFKC", typed))
    return hmac.compare_digest(bare.encode(errors="replace"), code.encode())
