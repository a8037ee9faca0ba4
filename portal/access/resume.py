"""Take an unfinished sign-up up again on another device: a link in a mail, for seven days."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal

from cryptography.exceptions import InvalidTag

from portal import clock
from portal.access.asking import TO_RESUME, may_mail
from portal.access.drafts import KEPT, holder_of, save_draft
from portal.access.tables import ResumeLink
from portal.access.tokens import is_token, token_of_resuming
from portal.customers.directory import find_by_email
from portal.customers.email import Email
from portal.database import transaction
from portal.deliveries.mail import Mail, link_to, mail_step
from portal.ids import new_id
from portal.operations.enqueue import enqueue
from portal.operations.step import Claimed
from portal.operations.wake import wake
from portal.sealing import fingerprint, seal, unseal
from portal.sites.storefront import Storefront, site_of

SEND_RESUME = "send_resume"
State = Literal["ready", "stored", "spent"]
_PURPOSE = "sign-up to resume"


async def send_for_later(
    site: Storefront,
    email: Email,
    answers: Mapping[str, str],
    *,
    browser_hash: str,
    locale: str,
    ip: str | None = None,
) -> None:
    """Keep these answers, sealed, and mail a link to them to the address that was typed.

    Answers alike whether we know the address or not. One that got too many mails gets none.

    Raises:
        TooMany: this network asked too often, for whomever.
    """
    if not await may_mail(site, email, ip, TO_RESUME):
        return
    link, now = new_id("resu"), clock.now()
    async with transaction():
        await ResumeLink.insert(
            ResumeLink(
                id=link,
                company=site.company_id,
                site=site.id,
                email=email.address,
                email_key=email.key,
                answers=seal(json.dumps(dict(answers)), _PURPOSE),
                locale=locale,
                holder=holder_of(browser_hash, site.id),
                token_hash=fingerprint(token_of_resuming(link)),
                created_at=now,
                expires_at=now + KEPT,
            )
        )
        await enqueue(
            SEND_RESUME, company=site.company_id, lane=None, params={"link": link}, subject=link
        )
    wake()


async def resume_link_by(token: str) -> ResumeLink | None:
    """Return what a mail's link is about. Changes nothing, however often."""
    if not is_token(token):
        return None
    return await ResumeLink.objects().get(ResumeLink.token_hash == fingerprint(token))


async def state_of_resuming(link: ResumeLink | None) -> State:
    """Say what a link is good for: its answers, the sign-up that came of them, or nothing."""
    if link is None or link.expires_at <= clock.now():
        return "spent"
    if await find_by_email(str(link.company), str(link.email_key)):
        return "stored"
    return "ready" if _answers_of(link) else "spent"


async def take_up(link: ResumeLink, browser_hash: str) -> bool:
    """Lay the answers of a link down as this browser's draft; False when it is good for none.

    The link stays good, for one more device: until it runs out or a sign-up came of it.
    """
    if await state_of_resuming(link) != "ready":
        return False
    site = str(link.site)
    async with transaction():
        await save_draft(browser_hash, site, _answers_of(link))
        await ResumeLink.update({ResumeLink.taken_by: holder_of(browser_hash, site)}).where(
            ResumeLink.id == link.id
        )
    return True


async def write_resume(op: Claimed) -> Mail | None:
    """Write the mail with the link, with nothing in it of what was typed; None when it is late."""
    link = await ResumeLink.objects().get(ResumeLink.id == op.params["link"])
    if link is None or await state_of_resuming(link) == "spent":
        return None
    site = await site_of(str(link.site))
    path = f"/signup/resume/{token_of_resuming(str(link.id))}"
    context = {"link": link_to(site, path), "days": KEPT.days}
    return Mail(site, str(link.email), "resume", context, str(link.locale))


send_resume = mail_step(write_resume)


def _answers_of(link: ResumeLink) -> dict[str, str]:
    """Open the answers; none when they were forgotten, or sealed with another PORTAL_SECRET."""
    if not link.answers:
        return {}
    try:
        answers: dict[str, str] = json.loads(unseal(str(link.answers), _PURPOSE))
    except InvalidTag:
        return {}
    return answers
