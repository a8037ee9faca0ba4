import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from portal.logs import configure_logging, redacted

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
]


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root, config = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging("debug", stream)
    yield stream
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


def test_uvicorn_writes_through_the_same_redaction(lines: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").error("for ada@example.com")
    logging.getLogger("uvicorn.access").info("GET /signin/link/abc")

    assert [line["event"] for line in read(lines)] == ["for a…@example.com"]
