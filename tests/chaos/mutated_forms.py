"""Sign-up forms as nobody fills them in, from good ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote, urlencode

from tests.chaos.raw import Asked, Headers

SUBMIT = b"/signup"
_FORM = b"application/x-www-form-urlencoded"
_PARTS = (
    b"/signup/address", b"/signup/order", b"/signup/field/email", b"/signup/field/phone",
    b"/signup/field/postal_code", b"/signup/field/tax_id", b"/signup/field/nobody",
)  # fmt: skip
_TEXTS = (
    "", " ", "\x00", "\x07" * 20, "\r\n", "\u202egro.live", "\u200b", "\ufffe", "👩‍💻" * 60,
    "x" * 151, "x" * 5000, "é" * 149, "<script>alert(1)</script>", "{{ 7*7 }}", "'; DROP TABLE",
    "%00", "{}", "{0}", "%s%n", "../../etc", "-1", "9" * 400, "İıßﬁ", "٣٤٥", "NaN", "null", "[]",
    "=cmd|' /C calc'!A0", "a\u0301" * 200, "ﷺ" * 50, "http://evil.example", "\ud800", "\u0000a",
)  # fmt: skip
_EMAILS = (
    "ada", "@", "a@b", "ada@@lovelace.example", "ada@", "@lovelace.example",
    "a" * 300 + "@b.example", "ada@love lace.example", "ada\n@lovelace.example",
    "<ada@lovelace.example>",
    "ada@localhost", "ada@[127.0.0.1]", "ada@.example", "ada@lovelace..example", "ada@-.example",
    "ada\x00@b.example",
)  # fmt: skip
_TOKENS = ("", "x", "1.2", ".", "é.é", "9" * 400 + ".x", "-1.x", "٣.x", "1" * 11 + ".\ud800")
_SITES = (b"cross-site", b"same-site", b"\xff", b"", b"none, same-origin")
_TYPES = (b"application/json", b"multipart/form-data; boundary=x", b"text/plain", b"", b"\xff")
_UNASKED = {
    "trial_days": "999", "status": "active", "stripe_id": "cus_1", "customer": "cust_1",
    "email_verified": "1", "verified": "true", "amount": "1", "metadata[x]": "1", "again": "onbo_1",
    "company": "comp_2", "is_admin": "1", "payment_gateway_id": "cus_1", "locale": "xx", "site": "",
    "refresh_": "1", "price": "pric_reader", "id": "1", "_method": "DELETE",
}  # fmt: skip
_LANGUAGES = (b"\xff\xfe", b"*", b"xx-XX;q=9", b"en;q=", b"," * 500, b"de-" + b"x" * 3000, b"")


@dataclass(slots=True, repr=False)
class Sent:
    """One form on its way, and whether anything may be stored of it."""

    fields: list[tuple[str, str]]
    cookie: bytes
    path: bytes = SUBMIT
    site: bytes = b"same-origin"
    kind: bytes = _FORM
    headers: Headers = field(default_factory=list)
    cut: int | None = None
    is_spoiled: bool = False
    ways: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        """Tell what was done to it, and what it is then; not the token, nobody reads it."""
        said = [pair for pair in self.fields if pair[0] != "token"]
        return f"{' '.join(self.ways)}: {self.path!r} {said!r} {self.headers!r}"

    def set(self, name: str, value: str) -> None:
        """Give a field another value."""
        self.fields = [pair for pair in self.fields if pair[0] != name]
        self.fields.append((name, value))

    def asked(self) -> Asked:
        """Return it as a request."""
        body = urlencode(self.fields, errors="surrogatepass").encode()[: self.cut]
        headers = [
            *((b"sec-fetch-site", self.site), (b"content-type", self.kind)),
            *((b"cookie", self.cookie), (b"host", b"127.0.0.1:8000"), *self.headers),
        ]
        return Asked("POST", self.path, headers, body)


def mutate(sent: Sent, dice: Random) -> None:
    """Change it in one to four ways; the later ones leave nothing that could be stored."""
    spoiling = dice.randrange(3)
    others = dice.randrange(1 if not spoiling else 0, 3)
    for way in (*dice.choices(_OTHERS, k=others), *dice.choices(_SPOILING, k=spoiling)):
        way(sent, dice)
        sent.ways.append(way.__name__)
    if sent.is_spoiled:
        sent.cut = None


def without_token(sent: Sent, dice: Random) -> None:
    """Take the token away, or put something else in its place."""
    sent.set("token", dice.choice(_TOKENS))
    sent.is_spoiled = True


def _wrong_cookie(sent: Sent, dice: Random) -> None:
    sent.cookie = dice.choice([b"", b"flow=x", b"flow=\xff", sent.cookie + b"x", b"=;=;" * 200])
    sent.is_spoiled = True


def _from_elsewhere(sent: Sent, dice: Random) -> None:
    sent.site, sent.is_spoiled = dice.choice(_SITES), True


def _other_kind(sent: Sent, dice: Random) -> None:
    sent.kind, sent.is_spoiled = dice.choice(_TYPES), True


def _no_email(sent: Sent, dice: Random) -> None:
    sent.set("email", dice.choice(_EMAILS))
    sent.is_spoiled = True


def _by_a_machine(sent: Sent, dice: Random) -> None:
    sent.set("website", dice.choice(["x", "http://spam.example", "\x07"]))
    sent.is_spoiled = True


def _not_sold(sent: Sent, dice: Random) -> None:
    name = dice.choice(["plan", "interval", "currency", "price_shown"])
    sent.set(name, dice.choice(["nobody's", "\x00", "x" * 5000, "STUDIO", "../studio"]))
    sent.is_spoiled = True


def _too_many(sent: Sent, dice: Random) -> None:
    sent.fields += [(f"field{number}", "x") for number in range(120)]
    sent.is_spoiled = True


def _too_long(sent: Sent, dice: Random) -> None:
    if dice.randrange(4) == 0:
        sent.fields.append(("organisation", "x" * 70_000))
        sent.headers.append((b"content-length", b"70000"))
        sent.is_spoiled = True


def _only_a_part(sent: Sent, dice: Random) -> None:
    sent.path, sent.is_spoiled = dice.choice(_PARTS), True


def _strange_text(sent: Sent, dice: Random) -> None:
    name = dice.choice([name for name, _ in sent.fields if name not in ("token", "website")])
    text = dice.choice(_TEXTS)
    before = dict(sent.fields)[name]
    sent.set(name, dice.choice([text, before + text, text + before]))


def _left_out(sent: Sent, dice: Random) -> None:
    names = [name for name, _ in sent.fields if name not in ("token", "email")]
    sent.fields = [pair for pair in sent.fields if pair[0] != dice.choice(names)]


def _twice(sent: Sent, dice: Random) -> None:
    sent.fields.append(dice.choice(sent.fields))


def _unasked(sent: Sent, dice: Random) -> None:
    sent.fields += dice.sample(sorted(_UNASKED.items()), 4)


def _other_country(sent: Sent, dice: Random) -> None:
    sent.set("country", dice.choice(["US", "JP", "XI", "XX", "", "de", "BR", "AQ", "D\x00", "🇩🇪"]))


def _coupon(sent: Sent, dice: Random) -> None:
    sent.set("coupon", dice.choice(_TEXTS))


def _names_of_fields(sent: Sent, dice: Random) -> None:
    sent.fields.append((dice.choice(_TEXTS), dice.choice(_TEXTS)))


def _cut_off(sent: Sent, dice: Random) -> None:
    sent.cut = dice.randrange(400)


def _language(sent: Sent, dice: Random) -> None:
    sent.headers.append((b"accept-language", dice.choice(_LANGUAGES)))


def _for_htmx(sent: Sent, dice: Random) -> None:
    sent.headers += [
        (b"hx-request", b"true"),
        (b"hx-current-url", quote(dice.choice(["é", "\x07"])).encode()),
    ]
    sent.headers.append((b"accept", dice.choice([b"*/*", b"application/json", b"\xff", b""])))


Way = Callable[[Sent, Random], None]
_SPOILING: tuple[Way, ...] = (
    without_token, _wrong_cookie, _from_elsewhere, _other_kind, _no_email, _by_a_machine,
    _not_sold, _too_many, _too_long, _only_a_part,
)  # fmt: skip
_OTHERS: tuple[Way, ...] = (
    _strange_text, _strange_text, _strange_text, _left_out, _twice, _unasked, _other_country,
    _coupon, _names_of_fields, _cut_off, _language, _for_htmx,
)  # fmt: skip
