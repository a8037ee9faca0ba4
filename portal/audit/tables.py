"""Who did what, when. Append-only; never a person's data."""

from piccolo.columns import JSON, BigSerial, Timestamptz, Varchar
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
