"""A site's accent as a stylesheet of its own, because our pages carry no inline style."""

from __future__ import annotations

from functools import lru_cache

from portal.errors import NotFound
from portal.sites.branding import Branding
from portal.sites.storefront import Storefront, UnknownSite, site_of
from portal.web.scope import Scope, Send
from portal.web.static import StaticFile, as_sent, send_file

PREFIX = "/brand/"


def brand_url(site: Storefront) -> str:
    """Return the address of a site's stylesheet, with its content's hash."""
    return f"{PREFIX}{site.id}.css?v={_stylesheet(site.brand).digest}"


async def send_brand(scope: Scope, send: Send) -> None:
    """Answer with the stylesheet of the site that the path names.

    Raises:
        NotFound: there is no such site.
    """
    try:
        site = await site_of(scope["path"].removeprefix(PREFIX).removesuffix(".css"))
    except UnknownSite as unknown:
        raise NotFound from unknown
    await send_file(_stylesheet(site.brand), scope, send)


@lru_cache(256)
def _stylesheet(brand: Branding) -> StaticFile:
    rule = f":root{{--accent:{brand.accent};--on-accent:{brand.on_accent}}}\n"
    return as_sent("site.css", rule.encode())
