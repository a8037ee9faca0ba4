"""Put a rendered mail into the form that mail servers take."""

import re
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache

import idna

from portal.errors import Refused

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LONGEST_SUBJECT = 200
_PLAIN_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
# The newer policy takes every header apart again that we have just put together: most of a mail's
# cost. With this one what we write is what is sent.
_AS_WRITTEN = compat32.clone(linesep="\r\n", mangle_from_=False)


@dataclass(frozen=True, slots=True)
class Rendered:
    """One mail's words, as text and as HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who writes to whom, and how a repeat of this very mail is recognised."""

    to: str
    sender: str
    sender_name: str
    reply_to: str
    message_id: str
    written_at: datetime
    language: str


def compose(rendered: Rendered, envelope: Envelope) -> EmailMessage:
    """Make the message. The same arguments give the same Message-ID and Date.

    Raises:
        Refused: no mail server could deliver to this address.
    """
    letter = EmailMessage(policy=_AS_WRITTEN)
    letter["From"] = _sender(envelope)
    letter["To"] = mailbox(envelope.to).addr_spec
    if envelope.reply_to:
        letter["Reply-To"] = mailbox(envelope.reply_to).addr_spec
    letter["Subject"] = _in_ascii("Subject", one_line(rendered.subject)[:_LONGEST_SUBJECT])
    letter["Date"] = format_datetime(envelope.written_at)
    letter["Message-ID"] = f"<{envelope.message_id}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Auto-Response-Suppress"] = "All"
    letter["Content-Language"] = envelope.language
    letter["MIME-Version"] = "1.0"
    letter["Content-Type"] = "multipart/alternative"
    letter.attach(_part("plain", rendered.text))
    letter.attach(_part("html", rendered.html))
    return letter


def _part(subtype: str, words: str) -> EmailMessage:
    part = EmailMessage(policy=_AS_WRITTEN)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    lines = "\n".join(words.splitlines()) + "\n"
    part.set_payload(b2a_qp(lines.encode()).decode("ascii"))
    return part


def mailbox(address: str, name: str = "") -> Address:
    """Return the address as a header takes it, its domain in ASCII.

    Raises:
        Refused: it is not an address, or one of those that only few servers take (ä@…).
    """
    local, _, domain = address.rpartition("@")
    try:
        ascii_domain = _ascii_domain(domain)
        if _PLAIN_LOCAL.fullmatch(local):
            return Address(one_line(name), local, ascii_domain)
        return Address(one_line(name), addr_spec=f"{local}@{ascii_domain}")
    except (MessageError, ValueError) as error:
        raise Refused("address_undeliverable", param="to", said=str(error)) from error


def one_line(text: str) -> str:
    """Return the text without line ends and control characters: safe as a header's value."""
    return _UNPRINTABLE.sub(" ", text).strip()


@lru_cache(maxsize=1024)
def _ascii_domain(domain: str) -> str:
    return idna.encode(domain, uts46=True).decode()


def _sender(envelope: Envelope) -> str:
    name, address = parseaddr(envelope.sender)
    sender = mailbox(address, envelope.sender_name or name)
    if sender.display_name.isascii():
        return formataddr((sender.display_name, sender.addr_spec))
    return f"{_in_ascii('From', sender.display_name)} <{sender.addr_spec}>"


def _in_ascii(name: str, words: str) -> str:
    """Encode a header's words, cut so that they fit its lines."""
    if words.isascii():
        return words
    return Header(words, "utf-8", header_name=name).encode(linesep="")
