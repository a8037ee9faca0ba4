"""The description of the API: for programs as OpenAPI 3.1, for people as pages without a script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from litestar import MediaType, Response, get
from litestar.params import FromPath

from portal.errors import NotFound
from portal.settings import settings
from portal.web.answers import Answer, PageRequest
from portal.web.compression import gzipped, takes_gzip
from portal.web.rendering import rendered
from portal.web.scope import scope_of

# Narrower than that of our other pages: nothing here runs, and nothing is sent.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_FIRST = """portal keys create --scope customers:read --scope customers:write
curl {base}/v1/customers -H "Authorization: Bearer $PORTAL_KEY\""""
_KEPT = "public, max-age=300"
_DOCUMENTS = {"openapi": ("Portal", "/v1/"), "doors": ("Portal, the doors", "/compat/")}


@get("/schema", name="schema", include_in_schema=False)
async def show_reference(request: PageRequest) -> Answer:
    """List every operation by what it is about."""
    from portal.api.reference import codes_of, groups_of

    groups = {name: groups_of(_document(request, name)) for name in _DOCUMENTS}
    codes = codes_of(_document(request, "openapi"))
    first = _FIRST.format(base=settings().base_url)
    return _page(request, "schema/reference.html", groups=groups, codes=codes, first=first)


@get("/schema/{operation:str}", name="schema.operation", include_in_schema=False)
async def show_operation(request: PageRequest, operation: FromPath[str]) -> Answer:
    """Show one operation: what it takes, what it answers, how it refuses."""
    from portal.api.reference import page_of

    for name in _DOCUMENTS:
        if shown := page_of(_document(request, name), operation):
            return _page(request, "schema/operation.html", shown=shown)
    raise NotFound


@get("/schema/openapi.json", name="schema.openapi", include_in_schema=False)
async def tell_openapi(request: PageRequest) -> Response[bytes]:
    """Give the document of /v1."""
    return _as_json(request, "openapi")


@get("/schema/doors.json", name="schema.doors", include_in_schema=False)
async def tell_doors(request: PageRequest) -> Response[bytes]:
    """Give the document of the doors that speak as others do."""
    return _as_json(request, "doors")


SCHEMA = (show_reference, show_operation, tell_openapi, tell_doors)


def _document(request: PageRequest, name: str) -> dict[str, Any]:
    """Return a document, written when it is first asked for: most processes never are."""
    kept: dict[str, dict[str, Any]] = request.app.state.setdefault("documents", {})
    if name not in kept:
        from portal.web.programs.document import openapi
        from portal.web.programs.operations import operations_of

        title, prefix = _DOCUMENTS[name]
        kept[name] = openapi(
            operations_of(request.app.routes, prefix),
            title=title,
            version=version("onboarding-portal"),
            server=settings().base_url,
        )
    return kept[name]


def _as_json(request: PageRequest, name: str) -> Response[bytes]:
    body = json.dumps(_document(request, name), ensure_ascii=False).encode()
    headers = {"cache-control": _KEPT, "vary": "Accept-Encoding"}
    if takes_gzip(scope_of(request)):
        body, headers["content-encoding"] = gzipped(body), "gzip"
    return Response(body, headers=headers, media_type=MediaType.JSON)


def _page(request: PageRequest, template: str, **context: Any) -> Answer:
    body, headers = rendered(scope_of(request), None, template, context, cache=_KEPT)
    every: Mapping[str, str] = {**headers, "content-security-policy": _POLICY}
    return Response(body, headers=dict(every), media_type=MediaType.HTML)
