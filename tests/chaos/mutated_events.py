"""What a stranger, a broken proxy or a hostile Stripe might make of a good event."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from portal.billing.stripe_events import LARGEST_BODY
from tests.billing.signing import EVENT
from tests.chaos.sent_events import THEIRS, Sent

_STRANGE = (
    b"", b"\xff\xfe", b"t=1", b"t=,v1=", b"t=\xc3\xa9,v1=00", b"v1=" + b"0" * 64, b"," * 5000,
    b"t=" + b"9" * 5000 + b",v1=00", b"t=-1,v1=00", b"t=1e9,v1=00", b"=,=,=", b"\x00", b"t=1\r\n",
)  # fmt: skip
_BODIES = (
    b"", b"null", b"[]", b"0", b"{", b"\xff\xff", b'"evt_1"', b'{"id": "evt_2"}', b"[" * 50_000,
    b'{"id": null, "type": null, "created": null, "livemode": null, "data": null}', b"NaN",
    b'{"a":' * 2000, b"\xef\xbb\xbf{}", b"\x00" * 100,
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, [], {}, 0, -1, 2**63, 10**400, 1.5, True, "", "\x00", "\ud800", "é" * 300, "x" * 5000,
    [None], {"id": None}, {"id": {"id": []}}, {"object": None}, "sub_" + "x" * 300, "cus_\n", "9",
)  # fmt: skip
_LENGTHS = (b"0", b"-1", b"1", b"x", b"", b"9" * 30, b"9" * 5000, b"\xd9\xa3", b"0x10", b"1, 1")
_TYPES = (b"text/plain", b"\xff", b"", b"multipart/form-data", b"application/json; charset=\xff")
_PLACES = (
    b"/webhooks/stripe/nobody", b"/webhooks/stripe/globex", b"/webhooks/stripe/", b"/webhooks",
    b"/webhooks/stripe/%00", b"/webhooks/stripe/" + b"x" * 400, b"/webhooks/stripe/acme%2f..",
    b"/webhooks/stripe/%ff%fe", b"/webhooks/stripe/ACME",
)  # fmt: skip


def mutate(sent: Sent, dice: Random) -> None:
    """Change it in one to three ways; then perhaps say more of its signatures than is asked."""
    for _ in range(dice.randrange(1, 4)):
        dice.choice(_WAYS)(sent, dice)
    if dice.randrange(8) == 0:
        _add_signatures(sent, dice)


def _flip_body(sent: Sent, dice: Random) -> None:
    if sent.body:
        at = dice.randrange(len(sent.body))
        flipped = sent.body[at] ^ dice.randrange(1, 256)
        sent.body = sent.body[:at] + bytes([flipped]) + sent.body[at + 1 :]


def _truncate(sent: Sent, dice: Random) -> None:
    if sent.body:
        sent.body = sent.body[: dice.randrange(len(sent.body))]


def _append(sent: Sent, dice: Random) -> None:
    sent.body += dice.choice([b" ", b"\n", b"\x00", b"{}", sent.body or b"x"])


def _encode(sent: Sent, dice: Random) -> None:
    text = sent.body.decode("utf-8", "replace")
    sent.body = text.encode(dice.choice(["utf-16", "utf-32", "utf-8-sig"]), "replace")


def _strange_signature(sent: Sent, dice: Random) -> None:
    sent.signature = dice.choice(_STRANGE)


def _flip_signature(sent: Sent, dice: Random) -> None:
    if sent.signature:
        letters = bytearray(sent.signature)
        letters[dice.randrange(len(letters))] ^= dice.choice([1, 4, 128])
        sent.signature = bytes(letters)


def _shuffle_signature(sent: Sent, dice: Random) -> None:
    """Take the digits of the signature in another order; or another scheme's name."""
    signed_at, _, digits = sent.signature.partition(b",v1=")
    turned = dice.choice(
        [digits[::-1], digits[1:] + digits[:1], digits[:32], digits.upper() + b"0"]
    )
    if turned != digits:
        sent.signature = signed_at + b",v1=" + turned


def _add_signatures(sent: Sent, dice: Random) -> None:
    """Say more than is asked: other schemes, other signatures, in another order."""
    parts = [*sent.signature.split(b","), b"v0=" + b"0" * 64, b"v1=" + b"1" * 64, b"", b"x"]
    dice.shuffle(parts)
    sent.signature = b",".join(parts)


def _other_time(sent: Sent, dice: Random) -> None:
    ahead = dice.choice([-(10**9), -86_400, -400, 400, 86_400, 10**8, 10**12])
    sent.sign(ahead_s=ahead)


def _other_secret(sent: Sent, dice: Random) -> None:
    sent.sign(secret=dice.choice([THEIRS, "", "whsec_", " "]))


def _other_place(sent: Sent, dice: Random) -> None:
    sent.path = dice.choice(_PLACES)


def _other_method(sent: Sent, dice: Random) -> None:
    sent.method = dice.choice(["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"])


def _break_off(sent: Sent, dice: Random) -> None:
    sent.breaks_off = True


def _content_type(sent: Sent, dice: Random) -> None:
    sent.headers.append((b"content-type", dice.choice(_TYPES)))


def _content_length(sent: Sent, dice: Random) -> None:
    sent.headers.append((b"content-length", dice.choice(_LENGTHS)))


def _other_headers(sent: Sent, dice: Random) -> None:
    names = (b"transfer-encoding", b"content-encoding", b"expect", b"host", b"cookie", b"accept")
    value = dice.choice([b"gzip", b"chunked", b"\xff" * 50, b"x" * 5000, b"", b"100-continue"])
    sent.headers.append((dice.choice(names), value))


def _huge(sent: Sent, dice: Random) -> None:
    if dice.randrange(20) == 0:
        sent.body = b"[" + b"1," * (LARGEST_BODY // 2 + 10)


def _junk_well_signed(sent: Sent, dice: Random) -> None:
    sent.body = dice.choice(_BODIES)
    sent.sign()


def _hostile_well_signed(sent: Sent, dice: Random) -> None:
    """Put a strange value somewhere into the event: well signed, so nobody stops it before."""
    event: dict[str, Any] = json.loads(json.dumps(EVENT | {"id": sent.event_id}))
    around: Any = event
    while True:
        at = dice.choice(list(around))
        if isinstance(around[at], dict) and around[at] and dice.randrange(2):
            around = around[at]
            continue
        break
    # Its id stays: by it we know it again.
    if at != "id" or around is not event:
        around[at] = dice.choice(_VALUES)
    sent.body = json.dumps(event).encode()
    sent.sign()


_WAYS: tuple[Callable[[Sent, Random], None], ...] = (
    _flip_body, _truncate, _append, _encode, _strange_signature, _flip_signature,
    _shuffle_signature, _other_time, _other_secret, _other_place, _other_method, _break_off,
    _content_type, _content_length, _other_headers, _huge, _junk_well_signed, _hostile_well_signed,
)  # fmt: skip
