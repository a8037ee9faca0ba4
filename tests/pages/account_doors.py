"""Every way into an account, as the application itself names them, and what went through."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx

from portal.app import Portal
from portal.database import run_sql
from portal.piccolo_app import APP_CONFIG
from tests.pages.browsing import Visitor
from tests.people import ADA

HERS = (ADA["last_name"], ADA["email"], ADA["line1"], "4242", "GB980780684")
# Copies of what Stripe has, which come when Stripe tells; and what changes with every look.
_COPIES = ("subscription", "billing_profile", "sign_in_request")
_LOOKED = {"session": ("seen_at",), "audit_entry": ("number", "hash")}


@dataclass(frozen=True, slots=True)
class Door:
    """One route of an account, and one method that it takes."""

    name: str
    method: str
    path: str


@dataclass
class Tried:
    """What came of trying every door: of each that let something through, what."""

    answers: dict[Door, httpx.Response] = field(default_factory=dict)

    def statuses(self, *, of: str = "account") -> set[int]:
        """Return the statuses of the pages of an account, or of the links in mails."""
        return {answer.status_code for door, answer in self.answers.items() if _is(door, of)}

    def led_to(self, *, of: str = "account") -> set[str]:
        """Return where those answers lead."""
        those = [answer for door, answer in self.answers.items() if _is(door, of)]
        return {answer.headers.get("location", "") for answer in those}

    def that_tell(self, words: Iterable[str] = HERS) -> list[Door]:
        """Name the doors whose answers, or headers, say something of hers."""
        return [
            door
            for door, answer in self.answers.items()
            if any(says(answer.text + str(answer.headers), word) for word in words)
        ]


def says(text: str, word: str) -> bool:
    """Tell whether a text has these words; of a random id, which may have any four digits, none."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def doors_of(portal: Portal) -> list[Door]:
    """List them, the way out last: who has gone through it is nobody any more."""
    found = [
        Door(str(handler.name), method, route.path_format)
        for route in portal.doors.routes
        for handler in getattr(route, "route_handlers", ())
        for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"})
        if route.path_format.startswith(("/account", "/email", "/signout"))
    ]
    return sorted(found, key=lambda door: (door.name == "signout", door.path, door.method))


async def try_all(doors: Iterable[Door], visitor: Visitor, hers: dict[str, str]) -> Tried:
    """Go through each door with what names her things, and a form of this browser's own."""
    tried = Tried()
    typed = _FORM | hers | {"token": await _own_token(visitor)}
    for door in doors:
        path = door.path.format_map(hers | {"token": hers["link"]})
        if door.method == "GET":
            tried.answers[door] = await visitor.open(path)
        else:
            tried.answers[door] = await visitor.send(path, typed)
    return tried


async def kept_of(customer: str) -> dict[str, list[dict[str, Any]]]:
    """Return what we keep of somebody, but for copies of what Stripe has."""
    kept = {}
    for table in APP_CONFIG.table_classes:
        name = table._meta.tablename
        key = {"customer": "id", "audit_entry": "object_id"}.get(name, "customer")
        columns = {column._meta.name for column in table._meta.columns}
        if key in columns and name not in _COPIES:
            told = ("id",) if name == "operation" else sorted(columns - {*_LOOKED.get(name, ())})
            sql = f"SELECT {', '.join(told)} FROM {name} WHERE {key} = {{}}"
            kept[name] = sorted(await run_sql(sql, customer), key=str)
    return kept


_FORM = {
    "email": "taken@trudy.example",
    "billing_email": "bills@trudy.example",
    "first_name": "Nobody",
    "last_name": "Known",
    "country": "DE",
    "line1": "Friedrichstraße 2",
    "city": "Berlin",
    "postal_code": "10117",
    "recipient": "Nobody Known",
    "tax_id": "GB110305878",
    "password": "a password nobody uses",
    "time_zone": "Europe/Berlin",
    "locale": "en",
}


async def _own_token(visitor: Visitor) -> str:
    """Return the token of a form that anybody is shown."""
    page = (await visitor.open("/signup?plan=reader")).text
    return page.split('name="token" value="')[1].split('"')[0]


def _is(door: Door, of: str) -> bool:
    return door.name.split(".")[0] == of
