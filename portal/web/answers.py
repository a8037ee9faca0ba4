"""Answer with a page, a part of one, or the way elsewhere."""

from __future__ import annotations

from typing import Any

from litestar import MediaType, Request, Response

from portal.sites.storefront import Storefront, UnknownSite, find_site
from portal.web.browser import browser_of
from portal.web.cookies import give, read_cookie, set_cookie
from portal.web.forms import asked
from portal.web.htmx import is_htmx, wants_part
from portal.web.redirects import own_path
from portal.web.rendering import NO_STORE, rendered
from portal.web.scope import Scope, header, scope_of

PageRequest = Request[Any, Any, Any]
Answer = Response[bytes]


async def site_for(request: PageRequest, typed: dict[str, str] | None = None) -> Storefront:
    """Find the site of a request: as ?site= or a hidden field names it, else by its host.

    A site that was named stays the browser's for the pages that follow.

    Raises:
        UnknownSite: it names one that we do not have.
    """
    scope = scope_of(request)
    named = (asked(scope) if typed is None else typed).get("site")
    site = await find_site(header(scope, b"host"), named) if named else await _kept_site(scope)
    if named and read_cookie(scope, "site") != site.key and typed is None:
        give(scope, set_cookie("site", site.key))
    scope["portal.site"] = site
    return site


async def _kept_site(scope: Scope) -> Storefront:
    try:
        return await find_site(header(scope, b"host"), read_cookie(scope, "site"))
    except UnknownSite:
        return await find_site(header(scope, b"host"))


def page(
    request: PageRequest,
    template: str,
    *,
    part: str | None = None,
    status: int = 200,
    cache: str = NO_STORE,
    **context: Any,
) -> Answer:
    """Answer with a page; with only its part, if htmx asked for that."""
    chosen = part if part is not None and wants_part(scope_of(request)) else template
    give(scope_of(request), browser_of(scope_of(request)).cookie)
    site: Storefront = scope_of(request)["portal.site"]
    body, headers = rendered(scope_of(request), site, chosen, context, cache=cache)
    return Response(body, status_code=status, headers=headers, media_type=MediaType.HTML)


def download(body: bytes, name: str, kind: str) -> Answer:
    """Answer with a file to be kept under this name, and nowhere on the way."""
    kept_as = {"content-disposition": f'attachment; filename="{name}"', "cache-control": NO_STORE}
    return Response(body, status_code=200, headers=kept_as, media_type=kind)


def go_to(request: PageRequest, path: str) -> Answer:
    """Send the browser to another page of ours, and never anywhere else."""
    return lead_out(request, own_path(path, "/"))


def lead_out(request: PageRequest, where: str) -> Answer:
    """Send the browser to an address that we have from Stripe, whichever way it asked."""
    if is_htmx(scope_of(request)):
        return _bare(200, {"hx-redirect": where})
    return _bare(303, {"location": where})


def _bare(status: int, headers: dict[str, str]) -> Answer:
    every = {"cache-control": NO_STORE, "referrer-policy": "no-referrer"} | headers
    return Response(b"", status_code=status, headers=every, media_type=MediaType.HTML)
