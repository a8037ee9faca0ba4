"""The mail server, and DNS."""

from __future__ import annotations

from email.utils import parseaddr
from urllib.parse import urlsplit

from portal.customers.deliverable import is_deliverable
from portal.deliveries.transport import knock
from portal.doctor.finding import Finding, failed, ok, warning
from portal.errors import EffectError
from portal.redaction import redacted
from portal.settings import Settings


async def look_at_mail(chosen: Settings) -> Finding:
    """Go as far as a mail goes, without one."""
    parts = urlsplit(chosen.mail_url or "")
    greeting = urlsplit(chosen.base_url).hostname or "localhost"
    try:
        await knock(chosen.mail_url, greeting=greeting)
    except EffectError as error:
        return failed("mail", f"{redacted(str(error))} Look at PORTAL_MAIL_URL.")
    if parts.scheme == "file":
        return ok("mail", f"Mails are written to {parts.path}: nobody receives them.")
    who = " and lets us in" if parts.username else ""
    return ok("mail", f"{parts.hostname} answers{who}. No mail was sent.")


async def look_at_dns(chosen: Settings) -> Finding:
    """Ask DNS about the domain that our mails come from."""
    if not chosen.check_email_dns:
        return ok("DNS", "It is not asked (PORTAL_CHECK_EMAIL_DNS is false).")
    domain = parseaddr(chosen.mail_from)[1].rpartition("@")[2]
    match await is_deliverable(domain):
        case True:
            return ok("DNS", f"It answers; {domain} takes mail.")
        case False:
            return warning(
                "DNS",
                f"It says that {domain} takes no mail, but ours come from there "
                "(PORTAL_MAIL_FROM): answers are lost, and many servers will not trust us.",
            )
        case _:
            return warning(
                "DNS",
                "It does not answer within 2 s: addresses are taken unchecked. Look at this "
                "machine's name servers.",
            )
