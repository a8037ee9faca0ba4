"""When something fails while we tell of a failure."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from jinja2 import TemplateNotFound
from litestar import get
from litestar.response import Stream

from portal.app import Portal, create_app
from portal.database import close_database, run_sql
from portal.web import failures
from portal.web.answers import PageRequest
from portal.web.scope import Message
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor, browser_at


@get("/broken", name="broken")
async def break_down(request: PageRequest) -> str:
    """Fail as no code of ours means to."""
    raise RuntimeError("the secret inside")


@get("/half", name="half", media_type="text/html")
async def break_off(request: PageRequest) -> Stream:
    """Fail when half is said."""

    async def halves() -> AsyncIterator[str]:
        yield "<p>one half"
        raise RuntimeError("the other half")

    return Stream(halves())


@pytest.fixture
async def frail(shop: Shop) -> Portal:
    """A portal with pages that break."""
    return create_app(extra_routes=[break_down, break_off])


async def test_without_its_template_an_error_is_told_as_a_problem(
    frail: Portal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def lose(*_: Any, **__: Any) -> Any:
        raise TemplateNotFound("errors/error.html")

    monkeypatch.setattr(failures, "rendered", lose)
    async with browser_at(frail) as http:
        with caplog.at_level(logging.ERROR):
            answer = await http.get("/broken")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["request-id"]
    assert "secret" not in answer.text
    assert len(caplog.records) == 2


async def test_an_answer_that_breaks_off_is_cut_and_logged_and_not_begun_anew(
    frail: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "path": "/half", "raw_path": b"/half", "query_string": b"", "root_path": "",
        "scheme": "http", "headers": [(b"host", b"127.0.0.1:8000")], "client": ("192.0.2.7", 1),
        "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    with caplog.at_level(logging.ERROR), pytest.raises(Exception):  # noqa: B017, PT011
        await frail(scope, receive, send)

    assert [message["type"] for message in sent].count("http.response.start") == 1
    assert not any(message.get("more_body") is False for message in sent)
    assert "The answer broke off" in caplog.text


async def test_with_the_database_down_we_are_alive_and_not_ready(shop: Shop, ada: Visitor) -> None:
    await shop.worker.stop()
    await close_database()

    health, ready = await ada.open("/healthz"), await ada.open("/readyz")

    assert health.status_code == 200
    assert ready.status_code == 503
    assert ready.json()["checks"]["database"] is False


async def test_with_another_schema_we_are_not_ready(shop: Shop, ada: Visitor) -> None:
    rows = await run_sql("SELECT id, name, app_name, ran_on FROM migration ORDER BY id DESC")
    newest = rows[0]
    await run_sql("DELETE FROM migration WHERE id = {}", newest["id"])
    try:
        ready = await ada.open("/readyz")
    finally:
        await run_sql(
            "INSERT INTO migration (id, name, app_name, ran_on) VALUES ({}, {}, {}, {})",
            *newest.values(),
        )

    assert ready.status_code == 503
    assert ready.json()["checks"] == {"database": True, "schema": False, "worker": True}


async def test_a_worker_that_stands_still_is_not_ready(shop: Shop) -> None:
    portal = create_app()
    portal.doors.state.worker = shop.worker
    shop.worker.last_round_at -= 3600
    async with browser_at(portal) as http:
        ready = await http.get("/readyz")

    assert isinstance(ready, httpx.Response)
    assert ready.status_code == 503
    assert ready.json()["checks"]["worker"] is False
