"""The door for Stripe's events: check the signature, keep each once, answer 200. No other call."""

from __future__ import annotations

import logging
from typing import Any

from litestar import Request, Response, post
from litestar.exceptions import ClientException
from litestar.params import FromPath
from litestar.status_codes import (
    HTTP_200_OK,
    HTTP_400_BAD_REQUEST,
    HTTP_404_NOT_FOUND,
    HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    HTTP_503_SERVICE_UNAVAILABLE,
)

from portal.billing.endpoints import find_endpoint
from portal.billing.inbox import keep
from portal.billing.stripe_events import LARGEST_BODY, BadSignature, read_event
from portal.errors import DatabaseBusy
from portal.operations.wake import wake

log = logging.getLogger(__name__)


@post(
    "/webhooks/stripe/{company_key:str}",
    name="webhooks.stripe",
    status_code=HTTP_200_OK,
    request_max_body_size=LARGEST_BODY,
    include_in_schema=False,
)
async def take_stripe_event(
    company_key: FromPath[str], request: Request[Any, Any, Any]
) -> Response[str]:
    """Keep one event of a company's Stripe account; 200 means that it is committed."""
    try:
        return await _take(company_key, request)
    except BadSignature as bad:
        log.warning("webhook.refused company=%s why=%s", company_key[:50], bad)
        return _answer("No event of ours.", HTTP_400_BAD_REQUEST)
    except DatabaseBusy:
        return _answer("Try again.", HTTP_503_SERVICE_UNAVAILABLE, {"Retry-After": "5"})
    except ClientException as wrong:
        is_long = wrong.status_code == HTTP_413_REQUEST_ENTITY_TOO_LARGE
        return _answer("No.", wrong.status_code if is_long else HTTP_400_BAD_REQUEST)


async def _take(company_key: str, request: Request[Any, Any, Any]) -> Response[str]:
    endpoint = await find_endpoint(company_key)
    if endpoint is None:
        return _answer("There is nobody here.", HTTP_404_NOT_FOUND)
    signature = request.headers.get("stripe-signature", "")
    event = read_event(await request.body(), signature, endpoint.secrets)
    accepted = endpoint.takes(event)
    if await keep(endpoint.company, event, accepted=accepted) and accepted:
        wake()
    return _answer("Kept.", HTTP_200_OK)


def _answer(text: str, status: int, headers: dict[str, str] | None = None) -> Response[str]:
    return Response(text, status_code=status, headers=headers, media_type="text/plain")
