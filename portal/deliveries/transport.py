"""Hand a finished mail over: to a mail server, or to a folder."""

import asyncio
import os
import ssl
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib

from portal.errors import EffectError, NotBegun, Refused, Unanswered

PATIENCE_S = 20.0
_STEP_S = 10.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


async def hand_over(message: EmailMessage, mail_url: str | None, *, greeting: str) -> None:
    """Send a mail by smtp://, smtp+starttls://, smtps://, or into the folder of a file:// URL.

    `greeting` is the host name we introduce ourselves by.

    Raises:
        NotBegun: the server did not take it yet (unreachable, busy, our password is wrong).
        Unanswered: the line broke; the mail may be on its way.
        Refused: the server will never take this mail, or there is no server.
    """
    address = urlsplit(mail_url or "")
    if address.scheme == "file":
        await asyncio.to_thread(_put_down, message, Path(unquote(address.path)))
    elif address.scheme in ("smtp", "smtp+starttls", "smtps"):
        await _post(message, address, greeting)
    else:
        raise Refused("no_mail_server", said="No mail server is set (PORTAL_MAIL_URL).")


async def knock(mail_url: str | None, *, greeting: str) -> None:
    """Reach the mail server as a mail would, sign in, and leave; or see that the folder is ours.

    Raises:
        NotBegun, Unanswered, Refused: as hand_over tells.
    """
    address = urlsplit(mail_url or "")
    if address.scheme == "file":
        await asyncio.to_thread(_try_folder, Path(unquote(address.path)))
    elif address.scheme in ("smtp", "smtp+starttls", "smtps"):
        server = aiosmtplib.SMTP(local_hostname=greeting, timeout=_STEP_S, **connection_of(address))
        try:
            async with asyncio.timeout(PATIENCE_S):
                await server.connect()
                await server.quit()
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _in_our_words(error) from error
        finally:
            server.close()
    else:
        raise Refused("no_mail_server", said="No mail server is set (PORTAL_MAIL_URL).")


def _try_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial = folder / ".trial.part"
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise NotBegun(f"Nothing can be written to {folder}: {error.strerror}.") from error


def _put_down(message: EmailMessage, folder: Path) -> None:
    """Write one .eml file, whole or not at all. The same mail again is the same file."""
    folder.mkdir(parents=True, exist_ok=True)
    name = message["Message-ID"].strip("<>").partition("@")[0]
    unfinished = folder / f".{name}.part"
    unfinished.write_bytes(message.as_bytes())
    os.replace(unfinished, folder / f"{name}.eml")


async def _post(message: EmailMessage, address: SplitResult, greeting: str) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await aiosmtplib.send(
                message.as_bytes(),
                sender=parseaddr(str(message["From"]))[1],
                recipients=[parseaddr(str(message["To"]))[1]],
                local_hostname=greeting,
                timeout=_STEP_S,
                **connection_of(address),
            )
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _in_our_words(error) from error


def connection_of(address: SplitResult) -> dict[str, Any]:
    """Read how to reach the mail server. A password never crosses a network in the clear."""
    tls = address.scheme == "smtps"
    must_upgrade = address.scheme == "smtp+starttls" or bool(
        address.username and address.hostname not in _LOOPBACK
    )
    return {
        "hostname": address.hostname,
        "port": address.port or (465 if tls else 587 if must_upgrade else 25),
        "username": unquote(address.username) if address.username else None,
        "password": unquote(address.password) if address.password else None,
        "use_tls": tls,
        "start_tls": None if tls or not must_upgrade else True,
    }


def _in_our_words(error: Exception) -> EffectError:
    """Tell the outcomes apart. A wrong password says nothing about the mail: it waits for us."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused():
            return _answer(error.recipients[0].code, error.recipients[0].message)
        case aiosmtplib.SMTPAuthenticationError() | aiosmtplib.SMTPConnectError():
            return NotBegun(f"The mail server did not let us in: {error.message}")
        case aiosmtplib.SMTPResponseException():
            return _answer(error.code, error.message)
        case ssl.SSLCertVerificationError():
            return NotBegun(f"We do not trust the mail server: {error.verify_message}")
        case OSError():
            return Unanswered(f"The mail server stopped answering: {type(error).__name__}")
        case _:
            return NotBegun(f"The mail server cannot do what we ask of it: {error}")


def _answer(code: int, said: str) -> EffectError:
    """Read a reply: 4xx is for now, 5xx is for good (RFC 5321, 4.2.1)."""
    if code < 500:
        return NotBegun(f"The mail server asks us to wait: {code}")
    return Refused(f"smtp_{code}", said=said)
