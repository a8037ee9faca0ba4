"""E-mail addresses: what is one, and when two are the same."""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from portal.customers.text import clean, has_hidden
from portal.errors import Problem

LONGEST = 254

MISSING = Problem("email_missing", "Enter your email address.")
INVALID = Problem("email_invalid", "Enter an email address like name@example.com.")
TOO_LONG = Problem("email_too_long", "Enter an email address of at most 254 characters.")
UNKNOWN_DOMAIN = Problem(
    "email_domain_unknown",
    "No mail can reach this address: check the part after the @.",
)
"""Said by doors when `is_deliverable` says no."""

SLIP = Problem("email_suggestion", "Did you mean {domain}?")

_DOMAINS = (
    "gmail.com googlemail.com yahoo.com yahoo.co.uk yahoo.co.jp yahoo.co.in yahoo.com.br "
    "yahoo.fr yahoo.de ymail.com rocketmail.com hotmail.com hotmail.co.uk hotmail.fr hotmail.de "
    "hotmail.it outlook.com outlook.de outlook.fr live.com live.co.uk msn.com icloud.com me.com "
    "mac.com aol.com proton.me protonmail.com fastmail.com zoho.com yandex.com yandex.ru "
    "mail.com email.com mail.ru gmx.com gmx.de gmx.at gmx.net web.de t-online.de freenet.de "
    "orange.fr wanadoo.fr free.fr laposte.net libero.it virgilio.it uol.com.br terra.com.br "
    "naver.com docomo.ne.jp rediffmail.com comcast.net verizon.net btinternet.com example.com "
    "example.org example.net "
)
_KNOWN_DOMAINS = _DOMAINS.split()
_LIKELY = [name for name in _KNOWN_DOMAINS if len(name.split(".")[0]) >= 5 and name != "email.com"]
"""A short name is a slip away from somebody's own domain, so only long ones are suggested."""


@dataclass(frozen=True, slots=True)
class Email:
    """An address to write to, the key to find it by, and its domain in ASCII."""

    address: str
    key: str
    domain: str


class InvalidEmail(ValueError):
    """The text is no e-mail address; `problem` says what to do."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def normalize_email(text: str) -> Email:
    """Read an email address without asking the network.

    The address keeps its spelling (one beyond ASCII comes in its normal form). The key is the same
    for spellings we hold equal: the local part by Unicode's caseless match, although its server may
    tell case apart, and the domain by IDNA. Dots and +tags stay: they can be other people's.

    Raises:
        InvalidEmail: with the problem to show.
    """
    typed = clean(text)
    if not typed:
        raise InvalidEmail(MISSING)
    if len(typed) > LONGEST:
        raise InvalidEmail(TOO_LONG)
    if has_hidden(typed):
        raise InvalidEmail(INVALID)
    try:
        read = validate_email(typed, check_deliverability=False)
    except EmailNotValidError as invalid:
        raise InvalidEmail(INVALID) from invalid
    address = typed if typed.isascii() else read.normalized
    return Email(address, f"{_caseless(read.local_part)}@{read.ascii_domain}", read.ascii_domain)


@lru_cache(maxsize=1024)
def suggestion(domain: str) -> str | None:
    """Name the well-known domain that this one looks like a slip of, such as gmail.com."""
    if domain in _KNOWN_DOMAINS or len(domain.split(".")[0]) < 4:
        return None
    return next(iter(difflib.get_close_matches(domain, _LIKELY, n=1, cutoff=0.84)), None)


def suggest(domain: str) -> Problem | None:
    """Ask whether another domain was meant, when this one looks like a slip."""
    meant = suggestion(domain)
    return Problem(SLIP.code, SLIP.sentence, {"domain": meant}) if meant else None


def _caseless(local: str) -> str:
    """Fold by Unicode's canonical caseless match (its definition D145)."""
    folded = unicodedata.normalize("NFD", local).casefold()
    return unicodedata.normalize("NFC", folded)
