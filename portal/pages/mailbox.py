"""The demo's mailbox: what would have been sent, read from the folder it was put in, and a sample
of every mail there is.
"""

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

from portal.deliveries.letter import Rendered
from portal.deliveries.mail import link_to, render
from portal.errors import NotFound
from portal.pages.mail_samples import Sample, sample_of, samples
from portal.settings import settings
from portal.sites.storefront import Storefront
from portal.web.answers import Answer, PageRequest, page, site_for
from portal.web.headers import content_policy
from portal.web.rendering import locale_of
from portal.web.scope import header, scope_of
from portal.web.templates import url_for

# Mails bring their looks with them, which our pages may not: only these two kinds, and no script.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
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
    site = await site_for(request)
    mails = await asyncio.to_thread(_letters)
    if "application/json" in header(scope_of(request), b"accept"):
        return Response([asdict(mail) for mail in mails], media_type=MediaType.JSON)
    listed = [
        {"name": sample.name, "subject": _rendered(request, site, sample).subject}
        for sample in samples()
    ]
    return page(request, "demo/mailbox.html", mails=mails, samples=listed)


@get("/mailbox/{id:str}", name="mailbox.mail", include_in_schema=False)
async def show_mail(request: PageRequest, id: FromPath[str]) -> Answer:
    """Show one mail as text."""
    await site_for(request)
    return page(request, "demo/mail.html", mail=await asyncio.to_thread(_letter_by, id))


@get("/mailbox/{id:str}/html", name="mailbox.html", include_in_schema=False)
async def show_mail_html(id: FromPath[str]) -> Response[str]:
    """Show one mail with its looks."""
    mail = await asyncio.to_thread(_letter_by, id)
    return _with_looks(mail.html)


@get("/mailbox/samples/{name:str}", name="mailbox.sample", include_in_schema=False)
async def show_sample(request: PageRequest, name: FromPath[str]) -> Answer:
    """Show what a mail would say, as text, and with its looks in a frame that can do nothing."""
    site = await site_for(request)
    mail = _rendered(request, site, sample_of(name))
    answer = page(request, "demo/sample.html", mail=mail, name=name)
    policy = answer.headers.get("content-security-policy") or content_policy(settings().stripe_api)
    answer.headers["content-security-policy"] = f"{policy}; frame-src 'self'"
    return answer


@get("/mailbox/samples/{name:str}/html", name="mailbox.sample_html", include_in_schema=False)
async def show_sample_html(request: PageRequest, name: FromPath[str]) -> Response[str]:
    """Show what a mail would look like."""
    site = await site_for(request)
    return _with_looks(_rendered(request, site, sample_of(name)).html)


mailbox_routes = (show_mailbox, show_mail, show_mail_html, show_sample, show_sample_html)


def _with_looks(html: str) -> Response[str]:
    headers = {"content-security-policy": _MAIL_POLICY}
    return Response(html, media_type=MediaType.HTML, headers=headers)


def _rendered(request: PageRequest, site: Storefront, sample: Sample) -> Rendered:
    everywhere = {"site": site, "home": link_to(site, "/")}
    locale = locale_of(scope_of(request), site)
    return render(sample.template, everywhere | dict(sample.context), locale)


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
