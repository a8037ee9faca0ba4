"""The mail that tells what will happen to an account, and how that is taken back."""

from __future__ import annotations

from portal.amounts import written_date
from portal.customers.reader import reader_of
from portal.database import run_sql
from portal.deliveries.mail import Mail, link_to, mail_step
from portal.operations.step import Claimed

_SELECT = """SELECT due_at, kept_until FROM erasure
 WHERE id = {} AND taken_back_at IS NULL AND begun_at IS NULL"""


async def write_erasure(op: Claimed) -> Mail | None:
    """Write the mail; None when it was taken back before, or there is nobody to write to."""
    rows = await run_sql(_SELECT, op.params["erasure"])
    reader = await reader_of(op.customer)
    if not rows or reader is None:
        return None
    context = {
        "name": reader.name,
        "due": reader.date(rows[0]["due_at"]),
        # The end of a year as the law means it, by nobody's clock.
        "kept_until": written_date(rows[0]["kept_until"], reader.locale),
        "link": link_to(reader.site, "/account/data"),
    }
    return Mail(reader.site, reader.email, "erasure", context, reader.locale)


send_erasure = mail_step(write_erasure)
