"""The outbox: each row is one intended effect outside, and the queue itself."""

from piccolo.columns import BigSerial, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table


class Operation(Table, tablename="operation"):
    """One intended effect, with its frozen parameters, its key, its tries and its outcome."""

    id = BigSerial(primary_key=True, help_text="Also the order within a lane.")
    op_id = Varchar(length=40, unique=True, help_text="Random; the stem of its idempotency keys.")
    company = Varchar(length=40)
    customer = Varchar(length=40, null=True, default=None)
    subject = Varchar(length=40, null=True, default=None, help_text="What waits for it: onbo_…, …")
    lane = Varchar(length=60, help_text="Operations of one lane run one after another.")
    kind = Varchar(length=40)
    once = Varchar(
        length=100, null=True, default=None, unique=True, help_text="For once-only kinds."
    )
    state = Varchar(
        length=10,
        default="ready",
        help_text="ready, done; refused (holds its lane until mended), failed (given up).",
    )
    params = Text(default="{}", help_text="JSON, frozen; emptied of persons' data when done.")
    generation = Integer(default=1, help_text="Rises only after a definite end of the former try.")
    first_sent_at = Timestamptz(null=True, default=None, help_text="Of this generation.")
    attempts = Integer(default=0)
    next_at = Timestamptz(null=False, default=None)
    lease_token = Varchar(length=40, null=True, default=None)
    lease_until = Timestamptz(null=True, default=None)
    result_id = Varchar(length=255, null=True, default=None)
    error_code = Varchar(length=100, default="")
    error_text = Text(default="")
    created_at = Timestamptz(null=False, default=None)
    done_at = Timestamptz(null=True, default=None)


class Pause(Table, tablename="pause"):
    """A company whose lane to Stripe stands still, because its key was refused."""

    company = Varchar(length=40, primary_key=True)
    reason = Text(default="")
    since = Timestamptz(null=False, default=None)


class WorkerProcess(Table, tablename="worker_process"):
    """One process that works off operations, as long as it is seen."""

    id = Varchar(length=40, primary_key=True)
    started_at = Timestamptz(null=False, default=None)
    seen_at = Timestamptz(null=False, default=None, help_text="Every few seconds anew.")
