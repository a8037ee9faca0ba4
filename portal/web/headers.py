"""What every answer says about itself: how browsers shall treat it."""

from __future__ import annotations

from functools import cache

from portal.settings import Settings
from portal.web.redirects import origin_of

STRIPE_API = "https://api.stripe.com"
STRIPE_PAGES = (
    "https://billing.stripe.com",
    "https://checkout.stripe.com",
    "https://invoice.stripe.com",
)


def security_headers(settings: Settings) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers that every answer carries, whatever it is."""
    headers = {
        "content-security-policy": content_policy(
            settings.stripe_api, own_pages=settings.stripe_pages
        ),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin-allow-popups",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }
    if settings.secure:
        headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"
    return tuple((name.encode(), value.encode()) for name, value in headers.items())


@cache
def content_policy(stripe_api: str, image_origin: str = "", *, own_pages: str | None = None) -> str:
    """Write the content security policy.

    form-action names Stripe's pages: browsers check the redirect that follows a form against it.
    """
    is_stripe = stripe_api.rstrip("/") == STRIPE_API
    targets: tuple[str, ...] = STRIPE_PAGES if is_stripe else (origin_of(stripe_api),)
    targets += (own_pages,) if own_pages else ()
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' data: {image_origin}".rstrip(),
            "connect-src 'self'",
            f"form-action 'self' {' '.join(targets)}",
            "base-uri 'none'",
            "object-src 'none'",
            "frame-ancestors 'none'",
        )
    )
