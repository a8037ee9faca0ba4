from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.deliveries.letter import mailbox, one_line
from portal.errors import Refused
from tests.deliveries.conftest import a_letter

INJECTIONS = [
    "Ada\r\nBcc: mallory@example.com",
    "Ada\nBcc: mallory@example.com",
    "Ada\rBcc: mallory@example.com",
    "Ada\u2028Bcc: mallory@example.com",
    "Ada\x00\x0b\x0c\x85Bcc: mallory@example.com",
    "Ada\r\n\r\n<script>",
]


def test_a_letter_says_who_writes_and_that_no_person_does() -> None:
    letter = a_letter()

    assert letter["From"] == "Acme Tea <portal@acme.example>"
    assert letter["To"] == "ada@example.com"
    assert letter["Reply-To"] == "help@acme.example"
    assert letter["Message-ID"] == "<op_1@portal.example>"
    assert letter["Date"] == "Sat, 21 Nov 2026 12:00:00 +0000"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]


def test_a_repeat_can_be_recognised() -> None:
    first, second = a_letter(), a_letter()

    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


@pytest.mark.parametrize("words", INJECTIONS)
@pytest.mark.parametrize("place", ["subject", "sender_name"])
def test_a_name_cannot_add_a_header(place: str, words: str) -> None:
    sent = a_letter(**{place: words}).as_bytes()

    received = message_from_bytes(sent, policy=policy.default)
    assert received["Bcc"] is None
    assert received["To"] == "ada@example.com"
    assert [part.get_content_type() for part in received.iter_parts()] == [
        "text/plain",
        "text/html",
    ]


@given(words=st.text())
def test_whatever_the_words_the_headers_stay_ours(words: str) -> None:
    letter = a_letter(subject=words.encode(errors="ignore").decode(), sender_name="Acme")

    received = message_from_bytes(letter.as_bytes(), policy=policy.default)
    assert set(received.keys()) == {
        "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted",
        "X-Auto-Response-Suppress", "Content-Language", "MIME-Version", "Content-Type",
    }  # fmt: skip


def test_one_line_keeps_what_is_written() -> None:
    assert one_line("  Teehaus „Grün“ 茶\n") == "Teehaus „Grün“ 茶"


@pytest.mark.parametrize(
    "address",
    ["", "ada", "@example.com", "ada@", "a b@example.com", "ada@example.com\nBcc: mallory@x.com",
     "ada@exa mple.com", "ädä@example.com", "ada@" + "x" * 80 + ".com", "a@b@c"],
)  # fmt: skip
def test_an_address_that_no_server_takes_is_refused_for_good(address: str) -> None:
    with pytest.raises(Refused) as refused:
        a_letter(to=address)

    assert refused.value.param == "to"


def test_a_domain_beyond_ascii_is_written_as_mail_servers_read_it() -> None:
    assert mailbox("ada@bücher.example").addr_spec == "ada@xn--bcher-kva.example"


def test_a_site_without_support_address_asks_for_no_reply() -> None:
    assert a_letter(reply_to="")["Reply-To"] is None
