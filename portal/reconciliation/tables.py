"""How far each company's comparison with Stripe has come."""

from piccolo.columns import Integer, Text, Timestamptz, Varchar
from piccolo.table import Table


class Reconciliation(Table, tablename="reconciliation"):
    """One company's sweeps: who is at it, when each was last done, and what it found."""

    company = Varchar(length=40, primary_key=True)
    heard_until = Timestamptz(
        null=True, default=None, help_text="Stripe's time of the last event that a sweep has read."
    )
    changed_at = Timestamptz(null=True, default=None, help_text="Of what has changed: last begun.")
    full_at = Timestamptz(null=True, default=None, help_text="Of everything: last begun.")
    ended_at = Timestamptz(null=True, default=None, help_text="Either: last done to its end.")
    drift = Integer(default=0, help_text="How many differences the last one found.")
    problem = Text(default="", help_text="Why the last one broke off.")
    lease_token = Varchar(length=40, null=True, default=None)
    lease_until = Timestamptz(null=True, default=None)
