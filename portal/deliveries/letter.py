"""Put a rendered mail into the form that mail servers take."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

import idna

from portal.errors import Refused

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LONGEST_SUBJECT = 200


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
    message = EmailMessage(policy=SMTP)
    message["From"] = _sender(envelope)
    message["To"] = mailbox(envelope.to)
    if envelope.reply_to:
        message["Reply-To"] = mailbox(envelope.reply_to)
    message["Subject"] = one_line(rendered.subject)[:_LONGEST_SUBJECT]
    message["Date"] = format_datetime(envelope.written_at)
    message["Message-ID"] = f"<{envelope.message_id}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = envelope.language
    return message


def mailbox(address: str, name: str = "") -> Address:
    """Return the address as a header takes it, its domain in ASCII.

    Raises:
        Refused: it is not an address, or one of those that only few servers take (ä@…).
    """
    local, _, domain = address.rpartition("@")
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode()
        return Address(display_name=one_line(name), addr_spec=f"{local}@{ascii_domain}")
    except (MessageError, ValueError) as error:
        raise Refused("address_undeliverable", param="to", said=str(error)) from error


def one_line(text: str) -> str:
    """Return the text without line ends and control characters: safe as a header's value."""
    return _UNPRINTABLE.sub(" ", text).strip()


def _sender(envelope: Envelope) -> Address:
    name, address = parseaddr(envelope.sender)
    return mailbox(address, envelope.sender_name or name)
