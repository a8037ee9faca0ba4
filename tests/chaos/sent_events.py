"""Events on their way to us, and whose word each is, if anybody's."""

from __future__ import annotations

import hmac
import re
import time
from dataclasses import dataclass, field

from tests.billing.signing import SECRET, body_of, signed
from tests.chaos.raw import Asked, Headers

OURS = b"/webhooks/stripe/acme"
THEIRS = "whsec_of_globex"
TOLERANCE_S = 300
_DOORS = {OURS: ("comp_1", SECRET), b"/webhooks/stripe/globex": ("comp_2", THEIRS)}
_TIMES = re.compile(rb"(?:^|,)t=([0-9]{1,12})(?=,|$)")
_DIGESTS = re.compile(rb"(?:^|,)v1=([0-9a-f]{64})(?=,|$)")


@dataclass(slots=True)
class Sent:
    """One event on its way, and whose word it is, if anybody's."""

    event_id: str
    body: bytes
    signature: bytes
    path: bytes = OURS
    method: str = "POST"
    headers: Headers = field(default_factory=list)
    breaks_off: bool = False

    @property
    def kept_by(self) -> str:
        """Name the company that may keep it; "" when it must leave nothing behind."""
        company, secret = _DOORS.get(self.path, ("", ""))
        if not company or self.method != "POST" or self.breaks_off:
            return ""
        return company if _is_signed(self.body, self.signature, secret) else ""

    def asked(self) -> Asked:
        """Return it as a request."""
        headers = [(b"stripe-signature", self.signature), *self.headers]
        return Asked(self.method, self.path, headers, self.body, self.breaks_off)

    def sign(self, secret: str = SECRET, ahead_s: int = 0) -> None:
        """Sign it anew, as it is."""
        self.signature = signed(self.body, secret, ahead_s).encode()


def _is_signed(body: bytes, signature: bytes, secret: str) -> bool:
    """Tell, in another way than ours, whether a secret signed this lately.

    Two changes may undo each other, so it is asked of what is sent, not of what was done to it.
    """
    lately = [at for at in _TIMES.findall(signature) if abs(int(at) - time.time()) < TOLERANCE_S]
    given = _DIGESTS.findall(signature)
    return any(
        hmac.new(secret.encode(), at + b"." + body, "sha256").hexdigest().encode() in given
        for at in lately
    )


def good(number: int) -> Sent:
    """Return an event as Stripe sends it."""
    sent = Sent(f"evt_{number}", body_of(id=f"evt_{number}"), b"")
    sent.sign()
    return sent
