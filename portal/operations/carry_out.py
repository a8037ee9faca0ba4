"""Run one claimed operation by its step, and save what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from portal import clock
from portal.database import transaction
from portal.database.persistently import persistently
from portal.errors import EffectError, Indeterminate, NotAllowed, NotBegun, PortalError, Refused
from portal.operations import save
from portal.operations.backoff import delay
from portal.operations.claim import claim_next
from portal.operations.keep_lease import kept
from portal.operations.outcomes import Decision, Verdict, before_call, code_of, decide
from portal.operations.pause import pausing, tell_of_permission
from portal.operations.step import Claimed, Hold, Mended, Step
from portal.operations.wake import tell, wake
from portal.redaction import hide_in

GIVEN_UP = "given_up"
# While the lease lasts: a result that cannot be saved now is asked for once more after it.
_SAVE_PAUSES_S = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0)
_SOON_S = 30.0

log = logging.getLogger(__name__)


class _NothingFound(EffectError):
    """The former try ended, and left nothing behind: the next key may be used."""

    code = "nothing_found"


async def carry_out(
    op: Claimed, steps: Mapping[str, Step], *, goes_on: Callable[[], bool]
) -> Claimed | None:
    """Have the effect and save it; if it goes on then, claim and return what is next in its lane.

    Two workers may run the same operation: they use the same key, and one of them saves.
    """
    try:
        step = steps[op.kind]
        async with kept(op):
            result = await _effect(op, step)
    except Exception as error:
        await persistently(partial(_save_error, op, steps.get(op.kind), error), _SAVE_PAUSES_S)
        following = None
    else:
        following = await persistently(
            partial(_save_result, op, step, result, goes_on), _SAVE_PAUSES_S
        )
    if op.subject:
        tell(op.subject)
    return following


async def _effect(op: Claimed, step: Step) -> Any:
    begin = before_call(op, clock.now())
    if begin is Verdict.GIVE_UP:
        raise Refused(GIVEN_UP, said="Nothing came of it in seven days of trying.")
    if begin is Verdict.CALL:
        try:
            return await step.call(op)
        except Indeterminate as ended:
            _alert_of_other_parameters(op, ended)
    found = await step.find(op) if step.find else None
    if found is None:
        raise _NothingFound
    return found


def _alert_of_other_parameters(op: Claimed, ended: Indeterminate) -> None:
    if "idempotency" in str(ended):
        log.error("operation.parameters_changed op=%s kind=%s", op.op_id, op.kind)


async def _save_result(
    op: Claimed, step: Step, result: Any, goes_on: Callable[[], bool]
) -> Claimed | None:
    async with transaction():
        if not await save.finish(op, _id_of(result), only_looked=step.only_looks):
            return None
        await step.done(op, result)
        is_alone = op.lane.startswith("own:")
        following = await claim_next(op) if goes_on() and not is_alone else None
    if following is None:
        # Something that waits for nobody, a mail perhaps, may have been written beside the result.
        wake()
    return following


async def _save_error(op: Claimed, step: Step | None, error: Exception) -> None:
    """Write down what an error means: the table in reliability 2.4, one line each."""
    hide_in(error, [op.params])
    decision = _decide(error, op)
    code, text = code_of(error), str(error)
    if decision.verdict is Verdict.PAUSE:
        async with pausing(op.company, text):
            await save.release(op)
        return
    async with transaction():
        match decision.verdict:
            case Verdict.SAME_KEY if op.has_failed and isinstance(error, NotBegun):
                await save.put_off(op, clock.now() + decision.wait)
            case Verdict.SAME_KEY:
                await save.postpone(op, clock.now() + decision.wait, code, text)
            case Verdict.LOOK_UP:
                await save.renew(op, clock.now() + decision.wait, code, text)
            case _:
                await _save_refusal(op, step, error)
    if decision.wait.total_seconds() < _SOON_S:
        asyncio.get_running_loop().call_later(decision.wait.total_seconds(), wake)


def _decide(error: Exception, op: Claimed) -> Decision:
    if isinstance(error, _NothingFound):
        return Decision(Verdict.LOOK_UP, delay(op.attempts))
    if isinstance(error, Indeterminate):
        # The look-up itself failed so: under the same key the answer comes again.
        return Decision(Verdict.SAME_KEY, delay(op.attempts))
    if isinstance(error, NotAllowed):
        tell_of_permission(op.company, op.kind, str(error))
    if not isinstance(error, PortalError):
        log.error("operation.mistake op=%s kind=%s", op.op_id, op.kind, exc_info=error)
    return decide(error, op)


async def _save_refusal(op: Claimed, step: Step | None, error: Exception) -> None:
    assert isinstance(error, Refused)
    code, text = code_of(error), str(error)
    # Taking our row first is what everybody does who writes both it and what it is about.
    if not await save.hold(op):
        return
    answer = await step.refused(op, error) if step and step.refused else None
    match answer:
        case Mended(params):
            await save.renew(op, clock.now(), code, text, params)
        case Hold() if error.reason != GIVEN_UP:
            await save.refuse(op, code, text)
        case _:
            await save.fail(op, code, text)


def _id_of(result: Any) -> str | None:
    """Return what to remember of a result: the id at Stripe, where it has one."""
    named = result if isinstance(result, str) else getattr(result, "stripe_id", None)
    return named if isinstance(named, str) else None
