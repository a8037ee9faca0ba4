"""Who asks: the key of a request, what it may do, and at which sites."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from types import MappingProxyType

from portal.access.keys import Caller, find_key
from portal.errors import NotFound
from portal.redaction import hide
from portal.sites.storefront import Storefront, all_sites
from portal.web.programs.described import Described
from portal.web.programs.pace import count_stranger, note_known, refuse_stranger
from portal.web.scope import Scope, header
from portal.web.shapes import WithHeaders

__all__ = ["Caller", "KeyInvalid", "KeyMissing", "ScopeMissing", "caller_of", "needs", "site_of"]

_REALM = 'Bearer realm="portal"'


class KeyMissing(WithHeaders):
    """The request carries no key."""

    status = 401
    code = "key_missing"
    sentence = "Send a secret key: Authorization: Bearer portal_…"
    headers: Mapping[str, str] = MappingProxyType({"www-authenticate": _REALM})


class KeyInvalid(WithHeaders):
    """Malformed, unknown, expired, revoked or of the other mode: told alike."""

    status = 401
    code = "key_invalid"
    sentence = "This key is not valid, or is no longer."
    headers: Mapping[str, str] = MappingProxyType(
        {"www-authenticate": f'{_REALM}, error="invalid_token"'}
    )


class ScopeMissing(WithHeaders):
    """The key may not do this: decided from it alone, before anything is looked up."""

    status = 403
    code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope
        self.sentence = f"This key needs the scope {scope}."
        challenge = f'{_REALM}, error="insufficient_scope", scope="{scope}"'
        self.headers = {"www-authenticate": challenge}


async def caller_of(scope: Scope, *, basic: bool = False) -> Caller:
    """Return whose key a request carries; with basic, as the user of Basic authentication too.

    Raises:
        KeyMissing: there is none.
        KeyInvalid: it is not live. Who tries many from one network has to wait (TooMany).
    """
    given = header(scope, b"authorization")
    if not given:
        raise KeyMissing
    kind, _, rest = given.partition(" ")
    text = rest.strip()
    if basic and kind.lower() == "basic":
        text = _user_of(text)
    elif kind.lower() != "bearer":
        raise KeyMissing
    hide([text])
    refuse_stranger(scope, text)
    caller = await find_key(text)
    if caller is None:
        count_stranger(scope, text)
        raise KeyInvalid
    note_known(text)
    return caller


def needs(caller: Caller, described: Described, more: tuple[str, ...] = ()) -> None:
    """See that a key may do this.

    Raises:
        ScopeMissing: naming the scope that it lacks.
    """
    scopes = [name for name in (described.scope, *more) if name]
    if caller.kind not in described.kinds:
        raise ScopeMissing(scopes[0] if scopes else "a secret key")
    for name in scopes:
        if name not in caller.scopes:
            raise ScopeMissing(name)


async def site_of(caller: Caller, named: str | None = None) -> Storefront:
    """Return a site that this key may act for, by id or number; unnamed, the first of them.

    Raises:
        NotFound: there is none so named, or not for this key: told alike.
    """
    theirs = await sites_of(caller)
    if named is None and theirs:
        return theirs[0]
    for site in theirs:
        if named in (site.id, str(site.number)):
            return site
    raise NotFound


async def sites_of(caller: Caller) -> tuple[Storefront, ...]:
    """Return the sites that this key may act for, in the order of their numbers."""
    return tuple(
        site
        for site in await all_sites()
        if site.company_id == caller.company and (not caller.sites or site.id in caller.sites)
    )


def _user_of(text: str) -> str:
    """Return the user of Basic authentication; the password is empty, or is not looked at."""
    try:
        return b64decode(text, validate=True).decode().partition(":")[0]
    except (NotBase64, UnicodeDecodeError, ValueError):
        return ""
