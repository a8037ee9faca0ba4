"""Turn a template into the bytes and headers of an answer."""

from __future__ import annotations

from typing import Any

from portal import clock
from portal.settings import settings
from portal.sites.storefront import Storefront
from portal.web.brand import brand_url
from portal.web.browser import browser_of
from portal.web.compression import LEAST_BYTES, gzipped, takes_gzip
from portal.web.cookies import read_cookie
from portal.web.form_token import new_token
from portal.web.headers import content_policy
from portal.web.htmx import VARY
from portal.web.languages import choose_locale
from portal.web.redirects import origin_of
from portal.web.scope import Scope, header
from portal.web.templates import environment

NO_STORE = "no-store"
KEPT_FOR_BACK = "private, no-cache"  # Back must find what was typed.


def locale_of(scope: Scope, site: Storefront | None) -> str:
    """Return the language to answer in."""
    return choose_locale(site.languages if site else ("en",), header(scope, b"accept-language"))


def rendered(
    scope: Scope,
    site: Storefront | None,
    template: str,
    context: dict[str, Any],
    *,
    cache: str,
) -> tuple[bytes, dict[str, str]]:
    """Render a template for this request: the body, packed if the client can read that."""
    browser = browser_of(scope)
    common = {
        "site": site,
        "brand_url": brand_url(site) if site else "",
        "request_id": scope.get("portal.request_id", ""),
        "due": scope.get("portal.due"),
        "signed_in": read_cookie(scope, "session") is not None,
        "leaving": scope.get("portal.leaving"),
        "token": new_token(browser.hash, site.id, clock.now()) if site else "",
    }
    page = environment(locale_of(scope, site)).get_template(template)
    return _packed(scope, page.render(common | context).encode(), _headers(site, cache))


def _headers(site: Storefront | None, cache: str) -> dict[str, str]:
    headers = {"cache-control": cache, "vary": VARY}
    if site and site.brand.logo.startswith(("https://", "http://")):
        ours = settings()
        headers["content-security-policy"] = content_policy(
            ours.stripe_api, origin_of(site.brand.logo), own_pages=ours.stripe_pages
        )
    return headers


def _packed(scope: Scope, body: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    if len(body) < LEAST_BYTES or not takes_gzip(scope):
        return body, headers
    return gzipped(body), headers | {"content-encoding": "gzip"}
