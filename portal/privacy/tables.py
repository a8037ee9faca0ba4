"""Who asked to be forgotten, and how far that has come."""

from piccolo.columns import Timestamptz, Varchar
from piccolo.table import Table


class Erasure(Table, tablename="erasure"):
    """One wish to have an account erased; with the customer's empty row, what is left of it."""

    id = Varchar(length=40, primary_key=True, help_text="eras_…")
    company = Varchar(length=40)
    site = Varchar(length=40)
    customer = Varchar(length=40, index=True)
    asked_by = Varchar(length=20, help_text="customer, operator; worker: a sign-up left.")
    asked_at = Timestamptz(null=False, default=None)
    due_at = Timestamptz(null=False, default=None, help_text="Until then it can be taken back.")
    taken_back_at = Timestamptz(null=True, default=None)
    begun_at = Timestamptz(null=True, default=None, help_text="Nothing is left here since.")
    next_at = Timestamptz(null=False, default=None, help_text="When to look at it again.")
    erased_at = Timestamptz(null=True, default=None, help_text="Nothing is left at Stripe since.")
    swept_at = Timestamptz(null=True, default=None, help_text="Nor in the database's own log.")
    kept = Varchar(length=20, default="invoices", help_text="What is kept, at Stripe.")
    kept_because = Varchar(length=20, default="tax_law", help_text="The ground.")
    kept_until = Timestamptz(null=False, default=None)
