"""Who did what, when. Append-only but for its seals; never a person's data."""

from piccolo.columns import JSON, BigInt, BigSerial, Timestamptz, Varchar
from piccolo.table import Table


class AuditEntry(Table, tablename="audit_entry"):
    """One thing that happened."""

    id = BigSerial(primary_key=True)
    company = Varchar(length=40)
    actor = Varchar(length=60, help_text="customer, operator, worker, cli, …")
    action = Varchar(length=60, help_text="Such as customer.signed_up.")
    object_id = Varchar(length=255, index=True)
    fields = JSON(default="[]", help_text="Names of what changed; never values.")
    request_id = Varchar(length=60, default="")
    at = Timestamptz(null=False, default=None)
    # Written once, by a worker, seconds after the rest: see chain.py.
    number = BigInt(null=True, default=None, help_text="Its place in the company's chain.")
    hash = Varchar(length=64, null=True, default=None, help_text="Over the one before, and this.")


class AuditOrigin(Table, tablename="audit_origin"):
    """Who was before the program that asked, as it told: apart, since audit entries name nobody."""

    audit_entry = BigInt(primary_key=True)
    customer = Varchar(length=40, null=True, default=None, index=True)
    device = Varchar(length=100, default="")
    user_email = Varchar(length=320, default="")
    ip = Varchar(length=50, default="")
    at = Timestamptz(null=False, default=None, index=True)
