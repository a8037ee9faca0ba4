"""What Stripe tells us, kept once, and the counter that orders our look-ups."""

from piccolo.columns import BigInt, BigSerial, Boolean, Integer, Timestamptz, Varchar
from piccolo.table import Table


class InboxEvent(Table, tablename="inbox_event"):
    """One event as a hint what to fetch; no payload is kept. Unique per (company, event_id)."""

    id = BigSerial(primary_key=True)
    company = Varchar(length=40)
    event_id = Varchar(length=255, help_text="evt_…")
    type = Varchar(length=100)
    object_id = Varchar(length=255, help_text="What to fetch anew: sub_…, cus_…, re_…; or nothing.")
    livemode = Boolean(default=False)
    sha256 = Varchar(length=64)
    created_at = Timestamptz(null=False, default=None, help_text="Stripe's time.")
    received_at = Timestamptz(null=False, default=None)
    state = Varchar(length=10, default="new", help_text="new, done, ignored, rejected or failed.")
    attempts = Integer(default=0)
    next_at = Timestamptz(null=False, default=None)
    lease_token = Varchar(length=40, null=True, default=None)
    lease_until = Timestamptz(null=True, default=None)


class Ticket(Table, tablename="ticket"):
    """One row that counts. A copy is written only with a ticket newer than the one it holds."""

    id = Integer(primary_key=True)
    value = BigInt(default=0)
