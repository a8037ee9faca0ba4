"""A browser without JavaScript, as far as tests need one: it keeps cookies and reads forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx

ORIGIN = "http://127.0.0.1:8000"
HTMX = {"hx-request": "true", "hx-request-type": "partial"}


@dataclass
class Form:
    """A form as a page shows it: where it goes, what it holds."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Visitor:
    """One browser at the portal."""

    http: httpx.AsyncClient

    async def open(self, path: str, **more: Any) -> httpx.Response:
        """Open a page."""
        return await self.http.get(path, **more)

    async def send(self, path: str, typed: dict[str, str], **more: Any) -> httpx.Response:
        """Post a form."""
        return await self.http.post(path, data=typed, **more)

    async def fill(self, path: str, typed: dict[str, str], *, form: int = 0) -> dict[str, str]:
        """Open a page and return its form's fields, filled in with what is typed."""
        answer = await self.open(path)
        assert answer.status_code == 200, answer.text
        return forms_of(answer.text)[form].fields | typed

    async def sign_up(self, typed: dict[str, str], query: str = "?plan=studio") -> httpx.Response:
        """Open the form and send it filled in."""
        return await self.send("/signup", await self.fill(f"/signup{query}", typed))

    async def press(self, page: httpx.Response, action: str, **typed: str) -> httpx.Response:
        """Send the form of a page that goes to this address."""
        (form,) = [form for form in forms_of(page.text) if form.action.startswith(action)]
        return await self.send(form.action or str(page.url), form.fields | typed)


def browser_at(app: Any, **headers: str) -> httpx.AsyncClient:
    """Make a browser with an empty jar."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=("192.0.2.7", 4711)),
        base_url=ORIGIN,
        headers={"accept": "text/html", "accept-language": "en", "sec-fetch-site": "same-origin"}
        | headers,
    )


def forms_of(html: str) -> list[Form]:
    """Read every form of a page."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get")))
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and "selected" in given:
            self.forms[-1].fields[self._select] = given["value"]
        elif tag == "input" and self.forms and "name" in given:
            self._keep(given)

    def _keep(self, given: dict[str, str]) -> None:
        if given.get("type") in ("radio", "checkbox") and "checked" not in given:
            return
        self.forms[-1].fields[given["name"]] = given.get("value", "")
