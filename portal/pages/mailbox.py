"""The demo's mailbox: what would have been sent, read from the folder it was put in."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from litestar import MediaType, Response, get
from litestar.params import FromPath

from portal.errors import NotFound
from portal.settings import settings
from portal.web.answers import Answer, PageRequest, page, site_for
from portal.web.scope import header, scope_of
from portal.web.templates import url_for

# Mails bring their looks with them, which our pages may not: only these two kinds, and no script.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail; html_url leads to its HTML part."""

    id: str
    to: str
    subject: str
    sent_at: datetime
    text: str
    html: str
    html_url: str


@get("/mailbox", name="mailbox", include_in_schema=False)
async def show_mailbox(request: PageRequest) -> Answer | Response[list[dict[str, object]]]:
    """List every mail, newest first; as JSON for a program that asks for it."""
    await site_for(request)
    mails = await asyncio.to_thread(_letters)
    if "application/json" in header(scope_of(request), b"accept"):
        return Response([asdict(mail) for mail in mails], media_type=MediaType.JSON)
    return page(request, "demo/mailbox.html", mails=mails)


@get("/mailbox/{id:str}", name="mailbox.mail", include_in_schema=False)
async def show_mail(request: PageRequest, id: FromPath[str]) -> Answer:
    """Show one mail as text."""
    await site_for(request)
    return page(request, "demo/mail.html", mail=await asyncio.to_thread(_letter_by, id))


@get("/mailbox/{id:str}/html", name="mailbox.html", include_in_schema=False)
async def show_mail_html(id: FromPath[str]) -> Response[str]:
    """Show one mail with its looks."""
    mail = await asyncio.to_thread(_letter_by, id)
    headers = {"content-security-policy": _MAIL_POLICY}
    return Response(mail.html, media_type=MediaType.HTML, headers=headers)


mailbox_routes = (show_mailbox, show_mail, show_mail_html)


def _folder() -> Path:
    return Path(unquote(urlsplit(settings().mail_url or "").path))


def _letters() -> list[Letter]:
    files = sorted(_folder().glob("*.eml"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    return [_read(file) for file in files]


def _letter_by(id: str) -> Letter:
    for file in _folder().glob("*.eml"):
        if file.stem == id:
            return _read(file)
    raise NotFound


def _read(file: Path) -> Letter:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    return Letter(
        id=file.stem,
        to=message["To"],
        subject=message["Subject"],
        sent_at=parsedate_to_datetime(message["Date"]),
        text=_part(message, "plain"),
        html=_part(message, "html"),
        html_url=url_for("mailbox.html", id=file.stem),
    )


def _part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    return "" if found is None else str(found.get_content())
