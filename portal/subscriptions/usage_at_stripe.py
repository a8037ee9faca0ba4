"""Tell Stripe's meters what a seller counted: one use, once."""

from __future__ import annotations

from portal.billing.gateway import gateway_of
from portal.database import run_sql
from portal.errors import NotBegun, Refused
from portal.operations.backoff import key_of
from portal.operations.step import Claimed, Step

SEND_USAGE = "send_usage"


async def _send(op: Claimed) -> str:
    rows = await run_sql("SELECT stripe_id FROM customer WHERE id = {}", op.customer)
    if not rows or rows[0]["stripe_id"] is None:
        raise NotBegun("There is no customer at Stripe yet.")
    gateway = await gateway_of(op.company)
    try:
        await gateway.send_use(
            op.params["meter"],
            rows[0]["stripe_id"],
            op.params["quantity"],
            at=op.params["at"],
            identifier=op.params["id"],
            key=key_of(op, gateway.account),
        )
    except Refused as refused:
        # An earlier try, whose answer was lost, has had it counted.
        if "already exists with identifier" not in refused.said:
            raise
    return str(op.params["id"])


async def _sent(op: Claimed, use: str) -> None:
    await _end(use, "sent", "")


async def _refused(op: Claimed, refused: Refused) -> None:
    await _end(op.params["id"], "refused", refused.reason[:60])


async def _end(use: str, state: str, problem: str) -> None:
    await run_sql(
        "UPDATE usage_event SET state = {}, problem = {} WHERE id = {}", state, problem, use
    )


# Without a look-up: Stripe counts an identifier once, whatever key it comes under.
send_usage_step = Step(call=_send, done=_sent, refused=_refused)
