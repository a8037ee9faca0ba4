import contextvars
import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog

from portal.logs import _Lines, configure_logging, redact_last_resort
from portal.redaction import hide, hide_in, redacted

SECRETS = [
    ("sk_test_51Habc", "charged with sk_test_51Habc twice"),
    ("rk_live_9zZ", "key=rk_live_9zZ"),
    ("whsec_a+b/c=", "secret whsec_a+b/c= was wrong"),
    ("ada.lovelace", "no mail for ada.lovelace@mail.example.com today"),
    ("grace", "Grace Hopper <grace@example.com>"),
    ("hunter2", "postgresql://portal:hunter2@db.example/portal"),
    ("test_YWNj", "went to https://billing.stripe.com/p/session/test_YWNj"),
    ("bps_secret", "went to http://127.0.0.1:9/p/session/bps_secret?x=1"),
    ("T0ken-_", "GET /signin/link/T0ken-_?site=1 HTTP/1.1"),
    ("cook1e", "__Host-session=cook1e; other=1"),
    ("cook1e", "Cookie: flow=cook1e"),
    ("12345678", "code=12345678&site=1"),
    ("abc.def", "Authorization: Bearer abc.def"),
    ("x" * 43, f"token {'x' * 43}."),
    ("20 7946", "calls +44 20 7946 0958 back"),
    ("1 202", "phone='+1 202-555-0143'"),
    ("Lovelace", "no: \nDETAIL:  Failing row contains (1, Ada Lovelace, London)."),
    ("4821 0937", "the code is 4821 0937 today"),
    ("lovelace", "POST /signin email=ada.lovelace%40example.com&site=1"),
    ("acct_1/live", "pay at https://invoice.stripe.com/i/acct_1/live_YWNj?s=ap"),
    ("S3cret", "confirmed seti_1Nabc_secret_S3cret"),
]


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    with configured(stream):
        yield stream


@contextmanager
def configured(stream: io.StringIO) -> Iterator[None]:
    """Have every line of this process written there, as a portal of debug level writes it."""
    root, config = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    configure_logging("debug", stream)
    yield
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**config)


def read(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


@pytest.mark.parametrize(("secret", "text"), SECRETS)
def test_a_secret_is_taken_out_of_any_text(secret: str, text: str) -> None:
    assert secret in text
    assert secret not in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "Customer cust_01k9abcdefghjkmnpqrstvwxyz signed up at 2026-11-21T12:00:00+00:00",
        "operation op_01k9 refused: customer_tax_location_invalid (address[line1])",
        "GET /signup?plan=team 200 in 12.5 ms",
        "evt_1Nabc of cus_9s6XKzkNRiz8i3, sub_1MowQVLkdIwHu7ixeRlqHVzs",
    ],
)
def test_what_an_operator_needs_stays(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize(("secret", "text"), SECRETS)
def test_no_way_into_the_log_lets_a_secret_through(
    lines: io.StringIO, secret: str, text: str
) -> None:
    logging.getLogger("litestar").warning("said %s", text)
    structlog.get_logger("portal").warning(
        text, said=text, nested={"deep": [text]}, error=OSError(text)
    )
    try:
        raise ValueError(text)
    except ValueError:
        logging.getLogger("portal").exception("failed")

    assert len(read(lines)) == 3
    assert secret not in lines.getvalue()


def test_what_came_and_went_is_never_logged(lines: io.StringIO) -> None:
    structlog.get_logger("portal").error(
        "refused", body="first_name=Ada", headers={"x": "Ada"}, form={"city": "Ada"}, attempts=3
    )

    [line] = read(lines)
    assert "Ada" not in str(line)
    assert line["attempts"] == 3


def test_a_line_says_when_who_and_how_bad(lines: io.StringIO) -> None:
    logging.getLogger("portal.worker").info("Round done")

    [line] = read(lines)
    assert line.pop("at").startswith("20")
    assert line == {"event": "Round done", "level": "info", "logger": "portal.worker"}


@pytest.mark.parametrize("library", ["stripe", "aiohttp.client", "httpx", "httpcore.http11"])
def test_what_libraries_tell_of_their_requests_is_left_out(
    lines: io.StringIO, library: str
) -> None:
    logging.getLogger(library).info("Request to Stripe api")
    logging.getLogger(library).error("Broken")

    assert [line["event"] for line in read(lines)] == ["Broken"]


@pytest.mark.parametrize("library", ["litestar", "uvicorn.error"])
def test_a_handler_that_a_library_set_up_is_taken_off(library: str) -> None:
    logger, aside = logging.getLogger(library), io.StringIO()
    logger.addHandler(logging.StreamHandler(aside))
    logger.propagate = False
    stream = io.StringIO()
    with configured(stream):
        logger.error("for ada@example.com")

    assert [line["event"] for line in read(stream)] == ["for a…@example.com"]
    assert not aside.getvalue()


def test_uvicorn_writes_through_the_same_redaction(lines: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").error("for ada@example.com")
    logging.getLogger("uvicorn.access").info("GET /signin/link/abc")

    assert [line["event"] for line in read(lines)] == ["for a…@example.com"]


def test_what_was_typed_is_not_shown_by_its_own_task(lines: io.StringIO) -> None:
    def fail() -> None:
        hide(["Ada", "O'Brien & Söhne", "St James’s \\ Square", "x", None, 7])
        text = "no room for Ada, ada, O'Brien & Söhne or St James’s \\ Square, x of 7 Adams"
        try:
            raise ValueError(text, [text])
        except ValueError:
            logging.getLogger("portal").exception("Ada %s", text)

    contextvars.Context().run(fail)
    logging.getLogger("portal").warning("Ada")

    first, second = read(lines)
    for hidden in ("Ada,", "ada,", "Brien", "Söhne", "James"):
        assert hidden not in str(first)
    assert "x of 7 Adams" in first["event"]
    assert second["event"] == "Ada"


def test_what_an_error_may_quote_is_hidden_wherever_it_is_logged(lines: io.StringIO) -> None:
    first = ValueError("no London, cust_1 either")
    hide_in(first, [json.dumps({"address": {"city": "London"}, "ids": ["cust_1"]})])
    try:
        try:
            raise first
        except ValueError as error:
            raise ExceptionGroup("both", [KeyError("London")]) from error
    except ExceptionGroup as both:
        logging.getLogger("portal").error("failed", exc_info=both)

    [line] = read(lines)
    assert "London" not in str(line)
    assert "cust_1" in line["exception"]


def test_a_typed_name_that_looks_like_an_id_is_hidden_and_an_id_is_not(lines: io.StringIO) -> None:
    def fail() -> None:
        hide(["ada_lovelace", "sub_rosa", "cust_01k9abcdefghjkmnpqrstvwxyz", "sub_1MowQVLkdIwHu7"])
        logging.getLogger("portal").error(
            "ada_lovelace sub_rosa cust_01k9abcdefghjkmnpqrstvwxyz sub_1MowQVLkdIwHu7"
        )

    contextvars.Context().run(fail)

    assert read(lines)[0]["event"] == "… … cust_01k9abcdefghjkmnpqrstvwxyz sub_1MowQVLkdIwHu7"


def test_a_long_text_is_hidden_as_well(lines: io.StringIO) -> None:
    story = "Ada was born in London. " * 200

    def fail() -> None:
        hide([story])
        logging.getLogger("portal").error("no room for %s", story[:2500])

    contextvars.Context().run(fail)

    assert read(lines)[0]["event"] == "no room for …"


def test_a_line_that_cannot_be_written_is_named_and_not_shown(lines: io.StringIO) -> None:
    args = ("Ada", "Grace")
    record = logging.LogRecord("portal", logging.INFO, "x.py", 7, "%d apples for %s", args, None)

    [ours] = [one for one in logging.getLogger().handlers if type(one) is _Lines]
    ours.handle(record)

    assert "Ada" not in lines.getvalue()
    assert "logs.unwritable" in lines.getvalue()


def test_the_last_words_of_python_itself_are_lines_too(lines: io.StringIO) -> None:
    error = ValueError("for ada@example.com")
    sys.excepthook(ValueError, error, None)
    thread = threading.Thread(target=lambda: (_ for _ in ()).throw(error))
    thread.start()
    thread.join()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old: ada@example.com", stacklevel=1)

    assert len(read(lines)) == 3
    assert "ada@" not in lines.getvalue()


def test_a_command_that_sets_up_no_log_says_nothing_it_should_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As Python's own: made anew, to leave that of the tests alone.
    monkeypatch.setattr(logging, "lastResort", logging.StreamHandler(sys.stderr))
    redact_last_resort()
    assert logging.lastResort is not None

    record = logging.LogRecord("x", 30, "x.py", 7, "for %s", ("ada@example.com",), None)
    logging.lastResort.handle(record)

    assert json.loads(capsys.readouterr().err)["event"] == "for a…@example.com"
