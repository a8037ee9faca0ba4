"""Describe how an operation refuses: each status with its codes, which its answers keep to."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict

from portal.web.programs.described import Described

Json = dict[str, Any]
_TEXT: Json = {"schema": {"type": "string"}}
_SECONDS: Json = {"required": True, "schema": {"type": "integer", "minimum": 0}}
_HEADERS: dict[int, Json] = {
    401: {"WWW-Authenticate": {"required": True, **_TEXT}},
    429: {"Retry-After": _SECONDS},
    503: {"Retry-After": _SECONDS},
}


class WrongValue(BaseModel):
    """One value that cannot be taken: where it stands in the body, or in which header."""

    pointer: str | None = None
    header: str | None = None
    code: str
    message: str


class Problem(BaseModel):
    """What went wrong: a code that stays, a sentence, and every wrong value (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    doc_url: str | None = None
    param: str | None = None
    errors: list[WrongValue] = []


def codes_of(method: str, path: str, said: Described) -> dict[int, tuple[str, ...]]:
    """Name the codes of every refusal: its own, and those that all of its kind have."""
    common: dict[int, tuple[str, ...]] = {
        400: ("invalid_body", "bad_header", "raw_card_refused", "http_400"),
        401: ("key_missing", "key_invalid"),
        403: ("insufficient_scope",),
        429: ("too_many_requests",),
        503: ("billing_unavailable", "database_busy"),
    }
    if "{" in path:
        common[404] = ("not_found",)
    if said.body is not None or said.file:
        common[413], common[415] = ("too_large",), ("unsupported_media_type",)
    if method == "POST" and said.kept:
        common[409], common[422] = ("idempotency_key_in_use",), ("idempotency_key_mismatch",)
        common[410] = ("customer_deleted", "customer_erased")
    statuses = sorted(common.keys() | said.refusals.keys())
    return {
        status: tuple(dict.fromkeys((*common.get(status, ()), *said.refusals.get(status, ()))))
        for status in statuses
    }


def refusals_of(method: str, path: str, said: Described, problem: Json) -> Json:
    """Describe every refusal of an operation by its status; a door's own words are plain JSON."""
    is_ours = said.problem is None
    media = "application/problem+json" if is_ours else "application/json"
    return {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "headers": {"Request-Id": {"required": True, **_TEXT}, **_HEADERS.get(status, {})},
            "content": {media: {"schema": _one_of(codes, problem) if is_ours else problem}},
        }
        for status, codes in codes_of(method, path, said).items()
    }


def _one_of(codes: tuple[str, ...], problem: Json) -> Json:
    return {"allOf": [problem], "properties": {"code": {"enum": list(codes)}}}
