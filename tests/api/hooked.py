"""Webhook endpoints made by the API, for the tests of what they are told."""

from __future__ import annotations

from portal.settings import configure
from tests.api.calling import Program

NOBODY = {"url": "http://127.0.0.1:9/hooks"}
ENDPOINTS, DELIVERIES = "/v1/webhook_endpoints", "/v1/webhook_deliveries"


async def made(program: Program, **body: object) -> dict[str, str]:
    """Make an endpoint at which, unless another is named, nobody listens."""
    configure(webhook_private_hosts="127.0.0.1")
    answer = await program.post(ENDPOINTS, NOBODY | body)
    assert answer.status_code == 201, answer.text
    found: dict[str, str] = answer.json()
    return found
