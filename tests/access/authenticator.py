"""A device that makes passkeys and signs with them, as a browser would pass its answers on."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One device. Its attributes can be set to what an honest one would not say."""

    origin: str
    verifies: bool = True
    count: int = 0
    handle: str = ""
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, options: str) -> str:
        """Answer what the security page asks."""
        asked = json.loads(options)
        self.handle = asked["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        public = {
            1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32),
        }  # fmt: skip
        held = b"\0" * 16 + len(self.credential).to_bytes(2) + self.credential + cbor2.dumps(public)
        attested = {
            "fmt": "none",
            "attStmt": {},
            "authData": self._data(asked["rp"]["id"], ATTESTED) + held,
        }
        told = {"attestationObject": _written(cbor2.dumps(attested)), "transports": ["internal"]}
        return self._answer(self._client("webauthn.create", asked["challenge"]), told)

    def get(self, options: str) -> str:
        """Answer what a sign-in page asks."""
        asked = json.loads(options)
        self.count += 1
        client = self._client("webauthn.get", asked["challenge"])
        data = self._data(asked["rpId"])
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        told = {
            "authenticatorData": _written(data),
            "signature": _written(signature),
            "userHandle": self.handle,
        }
        return self._answer(client, told)

    def _data(self, host: str, more: int = 0) -> bytes:
        flags = PRESENT | more | (VERIFIED if self.verifies else 0)
        return sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _answer(self, client: bytes, told: dict[str, Any]) -> str:
        name = _written(self.credential)
        answer = {
            "id": name, "rawId": name, "type": "public-key", "clientExtensionResults": {},
            "response": told | {"clientDataJSON": _written(client)},
        }  # fmt: skip
        return json.dumps(answer)


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
