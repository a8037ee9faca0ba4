"""Sign what we tell by Standard Webhooks: secrets, and the headers that carry the signatures."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from standardwebhooks import Webhook

OVERLAP = timedelta(hours=24)
"""How long a secret still signs that another one follows."""
_BYTES = 32
_MOST = 5


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret of an endpoint; `until` is when it stops signing, None for the present one."""

    text: str
    until: datetime | None = None


def new_secret() -> str:
    """Make a secret: whsec_ and 32 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def with_new_secret(known: Sequence[Secret], text: str, at: datetime) -> tuple[Secret, ...]:
    """Put a new secret before the others, which sign for a day more."""
    former = [Secret(one.text, one.until or at + OVERLAP) for one in known]
    return (Secret(text), *_living(former, at))[:_MOST]


def signed_headers(
    message: str, at: datetime, body: str, known: Iterable[Secret]
) -> Mapping[str, str]:
    """Return the headers of one try, signed with every living secret, the newest first."""
    signatures = [Webhook(one.text).sign(message, at, body) for one in _living(known, at)]
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _living(known: Iterable[Secret], at: datetime) -> list[Secret]:
    return [one for one in known if one.until is None or one.until > at]
