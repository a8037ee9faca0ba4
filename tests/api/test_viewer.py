"""The pages of the reference: every operation, without a script, and nothing from elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Page

from portal.app import create_app
from portal.settings import configure
from tests.conftest import serving

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


@pytest.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    """A portal that sells nothing: the reference needs no site."""

    def portal(address: str) -> Any:
        configure(base_url=address, database_url=f"sqlite:///{tmp_path / 'new.sqlite'}")
        configure(worker=False)
        return create_app()

    async with serving(portal) as address:
        yield address


async def test_the_reference_lists_every_operation_and_leads_to_it(url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as http:
        page = await http.get("/schema")
        paths = (await http.get("/schema/openapi.json")).json()["paths"]

        assert page.headers["content-security-policy"] == POLICY
        for path, methods in paths.items():
            for method, said in methods.items():
                shown = await http.get(f"/schema/{said['operationId']}")
                assert shown.status_code == 200
                assert f"<b>{method.upper()}</b> {path}" in shown.text
                assert f"/schema/{said['operationId']}" in page.text
        assert (await http.get("/schema/no_such_operation")).status_code == 404


async def test_a_browser_runs_nothing_and_fetches_nothing_from_elsewhere(
    url: str, page: Page
) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    await page.goto(f"{url}/schema")
    await page.locator(".operations a").first.click()
    await page.get_by_role("heading", name="Refusals").wait_for()
    scripts = await page.locator("script").count()

    assert complaints == []
    assert [address for address in asked if not address.startswith(f"{url}/")] == []
    assert scripts == 0
