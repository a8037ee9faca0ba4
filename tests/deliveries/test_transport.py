import asyncio
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from portal.deliveries import transport
from portal.deliveries.transport import connection_of, hand_over
from portal.errors import NotBegun, Refused, Unanswered
from tests.deliveries.conftest import Inbox, a_letter, mail_server


async def post(letter: EmailMessage, url: str) -> None:
    await hand_over(letter, url, greeting="portal.example")


async def test_a_mail_server_gets_the_mail_as_we_wrote_it(letter: EmailMessage) -> None:
    inbox = Inbox()
    async with mail_server(inbox) as address:
        await post(letter, f"smtp://{address}")

    [taken] = inbox.taken
    received = message_from_bytes(taken.content, policy=policy.default)
    assert taken.mail_from == "portal@acme.example"
    assert taken.rcpt_tos == ["ada@example.com"]
    assert received["Message-ID"] == "<op_1@portal.example>"


async def test_words_of_every_script_arrive(letter: EmailMessage) -> None:
    words = "Größe 茶 🫖 شاي " + "x" * 2000
    inbox = Inbox()
    async with mail_server(inbox) as address:
        await post(a_letter(text=words, subject="Tee für Ada 🫖"), f"smtp://{address}")

    received: Any = message_from_bytes(inbox.taken[0].content, policy=policy.default)
    assert received.get_body(("plain",)).get_content().strip() == words
    assert received["Subject"] == "Tee für Ada 🫖"


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"rcpt": "550 5.1.1 No such user"}, Refused),
        ({"rcpt": "451 4.7.1 Greylisted"}, NotBegun),
        ({"data": "554 5.7.1 Spam"}, Refused),
        ({"data": "451 4.3.0 Try again"}, NotBegun),
        ({"data": "421 4.3.2 Closing"}, NotBegun),
        ({"data": "hang up"}, Unanswered),
    ],
)
async def test_each_answer_has_its_outcome(
    letter: EmailMessage, answers: dict[str, str], outcome: type[Exception]
) -> None:
    async with mail_server(Inbox(**answers)) as address:
        with pytest.raises(outcome) as raised:
            await post(letter, f"smtp://{address}")

    assert type(raised.value) is outcome


async def test_a_refusal_tells_the_operator_what_the_server_said(letter: EmailMessage) -> None:
    async with mail_server(Inbox(rcpt="550 5.1.1 No such user")) as address:
        with pytest.raises(Refused) as refused:
            await post(letter, f"smtp://{address}")

    assert refused.value.reason == "smtp_550"
    assert "No such user" in refused.value.said


async def test_a_line_cut_after_the_words_leaves_the_mail_repeatable(
    letter: EmailMessage,
) -> None:
    inbox = Inbox(data="hang up")
    async with mail_server(inbox) as address:
        with pytest.raises(Unanswered):
            await post(letter, f"smtp://{address}")
        inbox.answers = {}
        await post(letter, f"smtp://{address}")

    assert inbox.began == 2
    assert b"<op_1@portal.example>" in inbox.taken[0].content


async def test_a_server_that_is_not_there_has_begun_nothing(letter: EmailMessage) -> None:
    async with mail_server(Inbox()) as address:
        pass

    with pytest.raises(NotBegun):
        await post(letter, f"smtp://{address}")


async def test_a_server_that_never_answers_does_not_hold_us(
    letter: EmailMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "PATIENCE_S", 0.2)
    silent = await asyncio.start_server(_say_nothing, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]

    async with silent:
        with pytest.raises((Unanswered, NotBegun)):
            await post(letter, f"smtp://127.0.0.1:{port}")
    await asyncio.sleep(0)


async def test_a_password_that_is_wrong_holds_the_mail_for_us_to_mend(
    letter: EmailMessage,
) -> None:
    inbox = Inbox()
    async with mail_server(inbox, **_with_password("right/one")) as address:
        with pytest.raises(NotBegun):
            await post(letter, f"smtp://portal:wrong@{address}")
        await post(letter, f"smtp://portal:right%2Fone@{address}")

    assert len(inbox.taken) == 1


async def test_a_certificate_that_we_do_not_trust_gets_no_mail(letter: EmailMessage) -> None:
    inbox = Inbox()
    async with mail_server(inbox, tls=_self_signed()) as address:
        with pytest.raises(NotBegun):
            await post(letter, f"smtps://{address}")

    assert inbox.began == 0


async def test_nor_does_one_met_on_the_way_up_to_tls(letter: EmailMessage) -> None:
    inbox = Inbox()
    async with mail_server(inbox, tls_context=_self_signed()) as address:
        with pytest.raises(NotBegun):
            await post(letter, f"smtp+starttls://{address}")

    assert inbox.began == 0


async def test_a_trusted_certificate_gets_the_mail(
    letter: EmailMessage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox, tls = Inbox(), _self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    async with mail_server(inbox, tls=tls) as address:
        await post(letter, f"smtps://{address}")

    assert len(inbox.taken) == 1


async def test_tls_that_was_asked_for_is_not_left_out(letter: EmailMessage) -> None:
    inbox = Inbox()
    async with mail_server(inbox) as address:
        with pytest.raises(NotBegun):
            await post(letter, f"smtp+starttls://{address}")

    assert inbox.began == 0


@pytest.mark.parametrize(
    ("url", "port", "use_tls", "start_tls"),
    [
        ("smtp://mail.example", 25, False, None),
        ("smtp://user:pass@mail.example", 587, False, True),
        ("smtp://user:pass@localhost:2525", 2525, False, None),
        ("smtp+starttls://mail.example", 587, False, True),
        ("smtps://user:pass@mail.example", 465, True, None),
    ],
)
def test_a_password_never_crosses_a_network_in_the_clear(
    url: str, port: int, use_tls: bool, start_tls: bool | None
) -> None:
    connection = connection_of(urlsplit(url))

    assert connection["port"] == port
    assert (connection["use_tls"], connection["start_tls"]) == (use_tls, start_tls)


async def test_a_folder_keeps_each_mail_once(letter: EmailMessage, tmp_path: Path) -> None:
    await post(letter, f"file://{tmp_path}/my%20mail")
    await post(letter, f"file://{tmp_path}/my%20mail")

    [kept] = (tmp_path / "my mail").iterdir()
    assert kept.name == "op_1.eml"
    assert b"Hello Ada" in kept.read_bytes()


@pytest.mark.parametrize("url", [None, "", "mail.example:25", "https://mail.example"])
async def test_without_a_mail_server_the_operator_reads_why(
    letter: EmailMessage, url: str | None
) -> None:
    with pytest.raises(Refused) as refused:
        await hand_over(letter, url, greeting="portal.example")

    assert refused.value.reason == "no_mail_server"
    assert "PORTAL_MAIL_URL" in refused.value.said


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


def _with_password(password: str) -> dict[str, Any]:
    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == password.encode(), handled=False)

    return {"authenticator": check, "auth_require_tls": False}


def _self_signed(folder: Path | None = None) -> ssl.SSLContext:
    """Make a certificate for 127.0.0.1 that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    with tempfile.TemporaryDirectory() as scratch:
        keep = folder or Path(scratch)
        (keep / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (keep / "key.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(keep / "cert.pem", keep / "key.pem")
    return context
