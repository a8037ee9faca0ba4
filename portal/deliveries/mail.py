"""Write a mail from its templates and send it. Every mail is an operation of its own."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from portal.database import run_sql
from portal.deliveries.letter import Envelope, Rendered, compose
from portal.deliveries.transport import hand_over
from portal.errors import Refused
from portal.operations.step import Claimed, Step
from portal.settings import TEMPLATES, settings
from portal.sites.storefront import Storefront
from portal.words import direction, translations

NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True)
class Mail:
    """What to write to whom: templates/email/<template>.{subject.txt,txt,html} and its values."""

    site: Storefront
    to: str
    template: str
    context: Mapping[str, Any]
    locale: str


def mail_step(write: Callable[[Claimed], Awaitable[Mail | None]]) -> Step:
    """Make the step that sends what `write` writes; None means that nobody needs it any more.

    A mail cannot be looked up, so one whose fate is unknown goes out again, with the same
    Message-ID.
    """

    async def call(op: Claimed) -> str:
        mail = await write(op)
        return await send(mail, op) if mail else NOT_NEEDED

    async def done(op: Claimed, result: str) -> None:
        await _forget(op)

    async def refused(op: Claimed, error: Refused) -> None:
        await _forget(op)

    return Step(call=call, done=done, refused=refused)


async def send(mail: Mail, op: Claimed) -> str:
    """Send the mail of this operation and return its Message-ID.

    Raises:
        NotBegun, Unanswered, Refused: as hand_over tells.
    """
    host = urlsplit(settings().base_url).hostname or "localhost"
    envelope = Envelope(
        to=mail.to,
        sender=settings().mail_from,
        sender_name=mail.site.name,
        reply_to=mail.site.support_email,
        message_id=f"{op.op_id}@{host}",
        written_at=op.created_at,
        language=mail.locale,
    )
    everywhere = {"site": mail.site, "home": link_to(mail.site, "/")}
    message = compose(render(mail.template, everywhere | dict(mail.context), mail.locale), envelope)
    await hand_over(message, settings().mail_url, greeting=host)
    return envelope.message_id


def render(template: str, context: Mapping[str, Any], locale: str) -> Rendered:
    """Render a mail's subject, text and HTML in this language. A name left out is an error."""
    words = _environment(locale)
    return Rendered(
        *(
            words.get_template(f"email/{template}.{part}").render(context)
            for part in ("subject.txt", "txt", "html")
        )
    )


def link_to(site: Storefront, path: str) -> str:
    """Return the full address of one of our pages of this site, never made of what a client sent.

    A site with a host of its own is reached there, so that its cookies are found again.
    """
    ours = urlsplit(settings().base_url)
    if not site.host:
        return f"{ours.scheme}://{ours.netloc}{path}?site={site.number}"
    port = f":{ours.port}" if ours.port else ""
    return f"{ours.scheme}://{site.host}{port}{path}"


@cache
def _environment(locale: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        auto_reload=False,
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(translations(locale), newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {"locale": locale, "direction": direction(locale)}
    return environment


async def _forget(op: Claimed) -> None:
    """Keep no person's data in an operation that is over."""
    await run_sql("UPDATE operation SET params = {} WHERE op_id = {}", "{}", op.op_id)
