"""Send the mail with which somebody signs in, or confirms an address that a sign-up waits for."""

from portal.access.asking import VALID_FOR
from portal.access.links import draft_of, state_of
from portal.access.tables import SignInRequest
from portal.access.tokens import code_of, token_of
from portal.customers.tables import Customer
from portal.deliveries.mail import Mail, link_to, mail_step
from portal.operations.step import Claimed
from portal.sites.storefront import Storefront, site_of


async def write_sign_in(op: Claimed) -> Mail | None:
    """Write the mail of a sign-in request: None if nobody waits at that address, or no longer."""
    request = await SignInRequest.objects().get(SignInRequest.id == op.params["request"])
    if request is None or state_of(request, request.browser_hash) == "spent":
        return None
    site = await site_of(request.site)
    if request.customer:
        customer = await Customer.objects().get(Customer.id == request.customer)
        return _mail(request, site, customer) if customer and customer.email else None
    draft = draft_of(request)
    return _confirmation(request, site, draft) if draft else None


send_sign_in = mail_step(write_sign_in)


def _mail(request: SignInRequest, site: Storefront, customer: Customer) -> Mail:
    """Write to the address that we know, which may be spelt otherwise than the one just typed."""
    name = customer.first_name if customer.email_verified_at else ""
    context = _secrets(request, site) | {"name": name}
    return Mail(site, str(customer.email), "sign_in", context, customer.locale)


def _confirmation(request: SignInRequest, site: Storefront, draft: dict[str, str]) -> Mail:
    """Write without the name: anybody may have typed anything into it to have us mail it out."""
    locale = draft.get("locale") or site.languages[0]
    context = _secrets(request, site) | {"name": ""}
    return Mail(site, request.email, "confirm_address", context, locale)


def _secrets(request: SignInRequest, site: Storefront) -> dict[str, str | int]:
    return {
        "link": link_to(site, f"/signin/link/{token_of(request.id)}"),
        "code": code_of(request.id, request.browser_hash),
        "minutes": int(VALID_FOR.total_seconds()) // 60,
    }
