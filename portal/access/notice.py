"""The mail that tells a customer that a way into their account was changed."""

from __future__ import annotations

from portal.customers.contact import contact_of
from portal.deliveries.mail import Mail, link_to, mail_step
from portal.operations.enqueue import enqueue
from portal.operations.step import Claimed
from portal.sites.storefront import Storefront, site_of
from portal.words import translations

SEND_SECURITY_NOTICE = "send_security_notice"


async def owe_notice(what: str, site: Storefront, customer: str) -> None:
    """Owe the mail, in the transaction that changes what it tells of.

    `what` is password_set, password_removed, passkey_added or passkey_removed.
    """
    await enqueue(
        SEND_SECURITY_NOTICE,
        company=site.company_id,
        lane=None,
        params={"what": what, "site": site.id, "customer": customer},
        customer=customer,
    )


async def write_notice(op: Claimed) -> Mail | None:
    """Write the mail; None for a customer without an address."""
    contact = await contact_of(op.params["customer"])
    if not contact.email:
        return None
    site = await site_of(op.params["site"])
    said = _sentence(op.params["what"], contact.locale)
    context = {"said": said, "link": link_to(site, "/account/security")}
    return Mail(site, contact.email, "security_notice", context, contact.locale)


def _sentence(what: str, locale: str) -> str:
    _ = translations(locale).gettext
    sentences = {
        "password_set": _(
            "Your password was set just now, and all other browsers were signed out."
        ),
        "password_removed": _(
            "Your password was removed just now, and all other browsers were signed out."
        ),
        "passkey_added": _("A passkey was added to your account just now."),
        "passkey_removed": _("A passkey was removed from your account just now."),
    }
    return sentences[what]


send_security_notice = mail_step(write_notice)
