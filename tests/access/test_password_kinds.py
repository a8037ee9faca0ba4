"""The hashes that other sites made, with answers that others published."""

from __future__ import annotations

import time

import pytest

from portal.access.password_hashes import is_dated, is_right, new_hash, onion_of
from portal.access.password_kinds import KINDS, UnusablePassword, read_imported
from portal.access.password_rules import is_common, password_problem

_LONG = (
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    "chars after 72 are ignored"
)
# From the manuals of PHP, the tests of phpass and crypt_blowfish, the specification of SHA-crypt,
# the examples of hashcat, and a demo of WordPress 6.8 whose password is admin.
KNOWN = [
    ("password_bcrypt", "rasmuslerdorf",
     "$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq"),
    ("password_bcrypt", "hashcat", "$2a$05$LhayLxezLhK1LhWvKxCyLOj0j1u.Kj0jZ0pEmm134uzrQlFvQJLF6"),
    ("password_bcrypt", _LONG, "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"),
    ("bcrypt_wordpress", "test12345", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"),
    ("bcrypt_wordpress", "hashcat", "$H$984478476IagS59wHZvyQMArzfx58u."),
    ("bcrypt_wordpress", "admin",
     "$wp$2y$10$Q1xinFjrZeLWJBvxviIL6u834Fu.evIEFHAUVisQ5O.w9Dm0sMdES"),
    ("bcrypt_wordpress", "rasmuslerdorf",
     "$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq"),
    ("drupal_v8.2.x", "hashcat", "$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf"),
    ("drupal_v8.2.x", "rasmuslerdorf",
     "$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq"),
    ("crypt", "rasmuslerdorf", "rl.3StKT.4T8M"),
    ("crypt", "rasmuslerdorf", "$1$rasmusle$rISCgZzpwk3UhDidwXvin0"),
    ("crypt", "rasmuslerdorf",
     "$5$rounds=5000$usesomesillystri$KqJWpanXZHKq2BOB43TSaYhEWsQ1Lr5QNyPCDH/Tp.6"),
    ("crypt", "hashcat",
     "$6$52450745$k5ka2p8bFuSmoVT1tzOyyuaREkkKBcCNqoDKzYiJL9RaE8yMnPgh2XzzF0NDrUhgrcLwg78xs1w5pJiyp"
     "EdFX/"),
    ("crypt", "Hello world!",
     "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZe"
     "HBy/YTBmSK6H9qs/y3RnOaw5v."),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "password", "value"), KNOWN)
def test_a_known_answer_is_right_and_its_neighbour_wrong(
    kind: str, password: str, value: str
) -> None:
    imported = read_imported(value, kind)
    assert imported.scheme

    assert is_right(imported.scheme, imported.value, password)
    assert not is_right(imported.scheme, imported.value, "x" + password)
    assert not is_right(imported.scheme, imported.value, "")
    assert is_dated(imported.scheme, imported.value)


def test_a_password_is_cut_where_php_cut_it_and_nowhere_else() -> None:
    [(_, _, value)] = [known for known in KNOWN if known[1] == _LONG]

    assert is_right("bcrypt", value, _LONG[:72])
    assert is_right("bcrypt", value, _LONG[:72] + "é" * 90)
    assert not is_right("bcrypt", value, _LONG[:71])
    ours = new_hash(_LONG)
    assert is_right("argon2id", ours, _LONG)
    assert not is_right("argon2id", ours, _LONG[:72])


def test_what_wordpress_trimmed_is_trimmed() -> None:
    assert is_right("phpass", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", " test12345\n")


def test_a_drupal_password_that_was_an_md5_before_is_verified_through_it() -> None:
    of_the_md5 = "$S$C33783772hs3j3TXZ3w53EOjr/r7HFbLCyldBXXVPdMCJy114AKK"

    assert read_imported(f"U{of_the_md5}", "drupal_v8.2.x").scheme == "drupal"
    assert is_right("drupal", f"U{of_the_md5}", "hashcat")
    assert not is_right("drupal", of_the_md5, "hashcat")


def test_an_md5_is_kept_as_the_argon2id_of_it() -> None:
    imported = read_imported("8743B52063CD84097A65D1633F5C74F5", "md5")
    onion = onion_of(imported.value)

    assert imported.value == "8743b52063cd84097a65d1633f5c74f5"
    assert is_right("md5", onion, "hashcat")
    assert not is_right("md5", onion, imported.value)
    assert not is_right("argon2id", onion, "hashcat")


def test_a_kind_takes_its_own_shapes_and_no_others() -> None:
    values = {"8743b52063cd84097a65d1633f5c74f5": {"md5"}, "correct horse": {"plain_text"}}
    for kind, _, value in KNOWN:
        values.setdefault(value, set()).add(kind)

    for value, kinds in values.items():
        allowed = kinds | ({"plain_text"} if value == "rl.3StKT.4T8M" else set())
        if value.startswith("$2"):
            allowed = {"password_bcrypt", "bcrypt_wordpress", "drupal_v8.2.x"}
        assert {kind for kind in KINDS if _is_taken(value, kind)} == allowed, value


def _is_taken(value: str, kind: str) -> bool:
    try:
        read_imported(value, kind)
    except UnusablePassword:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("password_bcrypt", "$2y$31$" + "a" * 53, "password_cost"),
        ("password_bcrypt", "$2y$15$" + "a" * 53, "password_cost"),
        ("password_bcrypt", "$2y$03$" + "a" * 53, "password_cost"),
        ("bcrypt_wordpress", "$wp$2y$31$" + "a" * 53, "password_cost"),
        ("bcrypt_wordpress", "$P$S" + "a" * 30, "password_cost"),
        ("drupal_v8.2.x", "$S$S" + "a" * 51, "password_cost"),
        ("crypt", "$6$rounds=999999999$salt$" + "a" * 86, "password_cost"),
        ("crypt", "$5$rounds=1000001$salt$" + "a" * 43, "password_cost"),
        ("crypt", "$6$rounds=" + "9" * 10_000_000 + "$salt$" + "a" * 86, "password_mismatch"),
        ("crypt", "$y$j9T$salt$" + "a" * 43, "password_yescrypt"),
        ("crypt", "$2y$10$" + "a" * 53, "password_mismatch"),
        ("crypt", "rl.3StKT.4T8M\n", "password_mismatch"),
        ("md5", "8743b52063cd84097a65d1633f5c74f", "password_mismatch"),
        ("md5", "８743b52063cd84097a65d1633f5c74f5", "password_mismatch"),
        ("password_bcrypt", "correct horse", "password_mismatch"),
        ("password_bcrypt", "", "password_mismatch"),
        ("plain_text", "", "password_long"),
        ("plain_text", "a" * 257, "password_long"),
        ("plain_text", "half a \ud83d pair", "password_mismatch"),
        ("plain_text", "$2y$10$" + "a" * 53, "password_mismatch"),
        ("plain_text", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", "password_mismatch"),
        ("rot13", "terpug", "password_type_unknown"),
    ],
)
def test_what_is_hostile_or_of_another_kind_is_refused_at_once(
    kind: str, value: str, code: str
) -> None:
    begun = time.process_time()

    with pytest.raises(UnusablePassword) as refused:
        read_imported(value, kind)

    assert refused.value.problem.code == code
    assert time.process_time() - begun < 0.05
    assert "a" * 40 not in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("seven77", "password_short"),
        ("é" * 257, "password_long"),
        ("Password1", "password_common"),
        ("qwertyuiop", "password_common"),
        (" iloveyou", "password_common"),
        ("Ada@Lovelace.Example", "password_is_email"),
        ("correct horse", None),
        ("é" * 256, None),
    ],
)
def test_a_new_password_is_long_enough_and_not_everybody_s(typed: str, code: str | None) -> None:
    problem = password_problem(typed, "ada@lovelace.example")

    assert (problem.code if problem else None) == code


def test_the_list_ends_where_it_ends() -> None:
    assert is_common("123456789")
    assert not any(is_common(f"surely nobody {number}") for number in range(2000))
