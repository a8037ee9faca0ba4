"""The security page and the password: how somebody gets in, and where they are signed in."""

from __future__ import annotations

from dataclasses import replace

from portal.pages.security import BrowserShown, PasskeyShown
from portal.sites.storefront import Storefront
from tests.templates.view import States, Values, Words, problem, seller


def security(words: Words) -> States:
    """One browser and several; with and without a password; long after the last sign-in."""
    here = _browser(words, "1", "Firefox on Linux", is_this=True)
    there = _browser(words, "2", "Safari on iPhone"), _browser(words, "3", "A browser")
    page = _page(words) | {"browsers": [here]}
    offered: Values = {"site": _with_passwords(words)}
    short = {"password": problem(words, "Use at least 8 characters.")}
    states: dict[str, Values] = {
        "": {"browsers": [here, *there]},
        "-alone": {},
        "-no-password": offered,
        "-short-password": offered | {"errors": short},
        "-password": offered | {"has_password": True},
        "-long-ago": offered | {"has_password": True, "signed_in_recently": False},
        "-no-longer-offered": {"has_password": True},
        "-passkeys": {"to_add": "{}", "passkeys": [_passkey(words)]},
        "-passkeys-long-ago": {"passkeys": [_passkey(words)], "signed_in_recently": False},
    }
    for state, context in states.items():
        yield f"security{state}", "account/security.html", page | context


def password(words: Words) -> States:
    """Signing in by a password, and where a site offers it."""
    offered = {"site": _with_passwords(words)}
    wrong = problem(words, "That email address and password do not belong together.")
    fresh: Values = {"typed": {}, "errors": {}, "to_use": ""}
    typed = {"email": words("ada@example.com")}
    yield "signin-either", "signin/signin.html", offered | fresh
    yield "signin-passkey", "signin/signin.html", fresh | {"to_use": "{}"}
    yield "password", "signin/password.html", offered | fresh
    mistaken = {"typed": typed, "errors": {"password": wrong}}
    yield "password-wrong", "signin/password.html", offered | mistaken


def _with_passwords(words: Words) -> Storefront:
    return replace(seller(words, "#3b5bdb"), passwords="on")


def _page(words: Words) -> Values:
    return {
        "signed_in": True,
        "current": "account.security",
        "email": words("ada@example.com"),
        "has_password": False,
        "signed_in_recently": True,
        "errors": {},
        "passkeys": [],
        "to_add": "",
    }


def _passkey(words: Words) -> PasskeyShown:
    return PasskeyShown("4" * 64, words("Chrome on Mac"), words("21 November 2026"))


def _browser(words: Words, number: str, name: str, *, is_this: bool = False) -> BrowserShown:
    return BrowserShown(
        id=number * 64,
        name=words(name),
        signed_in=words("21 November 2026"),
        seen=words("22 November 2026"),
        is_this=is_this,
    )
