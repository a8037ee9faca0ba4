"""Which kinds of password hashes another site may bring, told by their shape, and at what cost."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from portal.access.password_rules import MOST
from portal.errors import PortalError, Problem

Scheme = Literal["argon2id", "md5", "bcrypt", "wp_bcrypt", "phpass", "drupal", "crypt"]
"""How a stored hash is verified. argon2id is ours; md5 is argon2id of the md5 in hex."""

ITOA64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_B64 = "[./0-9A-Za-z]"
_ROUNDS = r"(?:rounds=(?P<rounds>[1-9]\d*)\$)?"
_LONGEST_HASH = 200
_BCRYPT_MOST, _PHPASS_MOST, _ROUNDS_MOST = 14, 20, 1_000_000


class UnusablePassword(PortalError):
    """What was to be imported is no password of the kind it is said to be, or costs too much."""

    status = 422
    code = "unusable_password"

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.problem = Problem(code, sentence)


@dataclass(frozen=True, slots=True)
class Costs:
    """Whether a hash costs no more than we take, and about how many microseconds of work it is."""

    fits: Callable[[re.Match[str]], bool]
    work: Callable[[re.Match[str]], int]


@dataclass(frozen=True, slots=True)
class Shape:
    """How the hashes of a scheme look, and what they cost."""

    scheme: Scheme
    pattern: re.Pattern[str]
    costs: Costs


def _bcrypt_fits(found: re.Match[str]) -> bool:
    return 4 <= int(found["cost"]) <= _BCRYPT_MOST


def _phpass_fits(found: re.Match[str]) -> bool:
    return 7 <= ITOA64.index(found["cost"]) <= _PHPASS_MOST


def _rounds_fit(found: re.Match[str]) -> bool:
    return 1000 <= int(found["rounds"] or 5000) <= _ROUNDS_MOST


def _always_fits(_found: re.Match[str]) -> bool:
    return True


def _bcrypt_work(found: re.Match[str]) -> int:
    return 60 << int(found["cost"])


def _phpass_work(found: re.Match[str]) -> int:
    return 1 << ITOA64.index(found["cost"])


def _rounds_work(found: re.Match[str]) -> int:
    return 4 * int(found["rounds"] or 5000)


def _little_work(_found: re.Match[str]) -> int:
    return 1000


def _none_yet(_found: re.Match[str]) -> int:
    return 0


_BCRYPT = Costs(_bcrypt_fits, _bcrypt_work)
_PHPASS = Costs(_phpass_fits, _phpass_work)
_SHA_CRYPT = Costs(_rounds_fit, _rounds_work)
_LITTLE = Costs(_always_fits, _little_work)
_HASHED_ANEW = Costs(_always_fits, _none_yet)

_SHAPES = (
    Shape("md5", re.compile(r"[0-9a-fA-F]{32}"), _HASHED_ANEW),
    Shape("bcrypt", re.compile(rf"\$2[aby]\$(?P<cost>\d\d)\${_B64}{{53}}"), _BCRYPT),
    Shape("wp_bcrypt", re.compile(rf"\$wp\$2y\$(?P<cost>\d\d)\${_B64}{{53}}"), _BCRYPT),
    Shape("phpass", re.compile(rf"\$[PH]\$(?P<cost>{_B64}){_B64}{{30}}"), _PHPASS),
    Shape("drupal", re.compile(rf"U?\$S\$(?P<cost>{_B64}){_B64}{{51}}"), _PHPASS),
    Shape("crypt", re.compile(rf"\$5\${_ROUNDS}{_B64}{{0,16}}\${_B64}{{43}}"), _SHA_CRYPT),
    Shape("crypt", re.compile(rf"\$6\${_ROUNDS}{_B64}{{0,16}}\${_B64}{{86}}"), _SHA_CRYPT),
    Shape("crypt", re.compile(rf"\$1\${_B64}{{0,8}}\${_B64}{{22}}"), _LITTLE),
    Shape("crypt", re.compile(rf"{_B64}{{13}}"), _LITTLE),
)

KINDS: Mapping[str, tuple[Scheme, ...]] = {
    "plain_text": (),
    "md5": ("md5",),
    "password_bcrypt": ("bcrypt",),
    "bcrypt_wordpress": ("phpass", "wp_bcrypt", "bcrypt"),
    "drupal_v8.2.x": ("drupal", "bcrypt"),
    "crypt": ("crypt",),
}
"""What a document calls a kind, and the schemes whose hashes it may hold."""

_LOOKS_HASHED = re.compile(r"U?\$[0-9A-Za-z-]{1,10}\$\S{16,}|[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True)
class Imported:
    """A password as another site kept it, checked: a hash of a scheme, or (None) the plain text.

    `work` tells which of two hashes takes longer to verify: about microseconds, and 0 for those
    that we hash anew at once.
    """

    scheme: Scheme | None
    value: str
    work: int = 0


def read_imported(value: str, kind: str) -> Imported:
    """Check what another site kept against the kind that it is said to be. Costs no hashing.

    Raises:
        UnusablePassword: no such kind, not of that kind, or too costly to verify.
    """
    if kind not in KINDS:
        known = ", ".join(KINDS)
        raise UnusablePassword("password_type_unknown", f"The password type is one of {known}.")
    if kind == "plain_text":
        return Imported(None, _plain(value))
    if len(value) > _LONGEST_HASH:
        raise _mismatch(kind)
    if kind == "crypt" and value.startswith(("$y$", "$7$", "$gy$")):
        raise UnusablePassword(
            "password_yescrypt",
            "Hashes of yescrypt and scrypt cannot be imported; leave the password out, and the "
            "customer signs in by mail.",
        )
    for shape in _SHAPES:
        if shape.scheme in KINDS[kind] and (found := shape.pattern.fullmatch(value)):
            if not shape.costs.fits(found):
                raise UnusablePassword(
                    "password_cost", "This hash would cost too much to verify, or is too weak."
                )
            kept = value.lower() if shape.scheme == "md5" else value
            return Imported(shape.scheme, kept, shape.costs.work(found))
    raise _mismatch(kind)


def _plain(value: str) -> str:
    if not value or len(value) > MOST:
        raise UnusablePassword(
            "password_long", f"A plain-text password has between 1 and {MOST} characters."
        )
    is_text = value.encode(errors="ignore").decode() == value
    if not is_text or _LOOKS_HASHED.fullmatch(value):
        raise _mismatch("plain_text")
    return value


def _mismatch(kind: str) -> UnusablePassword:
    return UnusablePassword("password_mismatch", f"This is no password of the type {kind}.")
