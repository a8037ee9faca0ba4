"""Keep a secret at rest, and sign what travels through a stranger's hands."""

import base64
import hmac
import secrets
from functools import cache
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.settings import settings

_NONCE_BYTES = 12


def seal(text: str, purpose: str) -> str:
    """Encrypt text for the database (AES-GCM); only unseal with the same purpose opens it."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _encoded(nonce + AESGCM(_key(purpose)).encrypt(nonce, text.encode(), purpose.encode()))


def unseal(sealed: str, purpose: str) -> str:
    """Decrypt what seal made.

    Raises:
        cryptography.exceptions.InvalidTag: changed, of another purpose, or of another secret.
    """
    raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
    nonce, secret = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
    return AESGCM(_key(purpose)).decrypt(nonce, secret, purpose.encode()).decode()


def sign(message: str, purpose: str) -> str:
    """Return the signature of a message: 43 characters of base64url (HMAC-SHA256)."""
    return _encoded(hmac.digest(_key(purpose), message.encode(), "sha256"))


def sign_in_hex(message: str, purpose: str) -> str:
    """Return the signature of a message in 64 hex digits: for what people copy by hand."""
    return hmac.digest(_key(purpose), message.encode(), "sha256").hex()


def is_signed(message: str, signature: str, purpose: str) -> bool:
    """Tell whether we signed this message, in a time that says nothing of how close it was."""
    given = signature.encode(errors="surrogatepass")
    return hmac.compare_digest(sign(message, purpose).encode(), given)


def fingerprint(value: str) -> str:
    """Return the sha256 of a random value, in hex: what we keep of a token or a cookie."""
    return sha256(value.encode()).hexdigest()


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _key(purpose: str) -> bytes:
    return _derived(settings().secret.get_secret_value(), purpose)


@cache
def _derived(secret: str, purpose: str) -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode())
    return hkdf.derive(secret.encode())
