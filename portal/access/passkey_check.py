"""Check what a browser signed with a passkey. Its library is imported when it is called."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from portal.errors import PortalError

_LONGEST = 20_000


class PasskeyRefused(PortalError):
    """What came is not of a passkey that we know, or not for this page, or too late."""

    status = 422
    code = "passkey_refused"
    sentence = "That passkey did not work. Try again, or sign in by mail."


@dataclass(frozen=True, slots=True)
class Answered:
    """What a browser answered, read and not yet believed.

    Attributes:
        credential: the passkey's id, in base64url.
        challenge: what it says that it signed.
        handle: whose passkey it says it is; empty when one is made.
    """

    told: dict[str, Any]
    credential: str
    challenge: str
    handle: str


def read_answer(text: str) -> Answered:
    """Read the JSON of a browser's answer.

    Raises:
        PasskeyRefused: it is none.
    """
    try:
        told = json.loads(text[:_LONGEST])
        response = told["response"]
        client = json.loads(from_base64url(response["clientDataJSON"]))
        challenge = from_base64url(client["challenge"]).decode("ascii")
        handle = from_base64url(response.get("userHandle") or "").decode("ascii")
        return Answered(told, str(told["id"]), challenge, handle)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise PasskeyRefused from error


def check_new(answered: Answered, host: str, origin: str) -> tuple[str, int]:
    """Check a passkey that was just made; return its public key and its count.

    Raises:
        PasskeyRefused: it was not made for this page, or without the person.
    """
    from webauthn import verify_registration_response
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        made = verify_registration_response(
            credential=answered.told,
            expected_challenge=answered.challenge.encode(),
            expected_rp_id=host,
            expected_origin=origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise PasskeyRefused from error
    return to_base64url(made.credential_public_key), made.sign_count


def check_use(answered: Answered, host: str, origin: str, of: tuple[str, int]) -> int:
    """Check that a passkey signed; return its new count. of: its public key and its last count.

    Raises:
        PasskeyRefused: it did not, or not on this page, or without the person.
    """
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    public_key, count = of
    try:
        used = verify_authentication_response(
            credential=answered.told,
            expected_challenge=answered.challenge.encode(),
            expected_rp_id=host,
            expected_origin=origin,
            credential_public_key=from_base64url(public_key),
            credential_current_sign_count=count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise PasskeyRefused from error
    return used.new_sign_count


def to_base64url(raw: bytes) -> str:
    """Write bytes as browsers do."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Read what a browser wrote."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
