"""Decide what an outcome means for an operation: the table of answers, as a plain function."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from portal.errors import EffectError, Indeterminate, KeyRejected, NotAllowed, NotBegun, Refused
from portal.operations.backoff import delay, longest
from portal.operations.step import Claimed

# Stripe keeps a key's result for at least 24 h; one hour is left for what is under way.
KEY_LASTS = timedelta(hours=23)
PATIENCE = timedelta(days=7)
# About an hour of trying: a server that was switched off for a week does not give up at once.
_FEW_TRIES = 20


class Verdict(Enum):
    """What to do next."""

    CALL = "call"
    SAME_KEY = "try again later, under the same key"
    LOOK_UP = "look it up: adopt it, or take the next key"
    REFUSE = "a definite no"
    PAUSE = "hold everything of this company"
    GIVE_UP = "give up"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict and how long to wait before the next try."""

    verdict: Verdict
    wait: timedelta = timedelta(0)


def before_call(op: Claimed, now: datetime) -> Verdict:
    """Decide how this try begins: by calling, or, when the key may be forgotten, by looking."""
    if is_worn_out(op.created_at, op.attempts, now):
        return Verdict.GIVE_UP
    return Verdict.LOOK_UP if now - op.first_sent_at > KEY_LASTS else Verdict.CALL


def is_worn_out(since: datetime, attempts: int, now: datetime) -> bool:
    """Tell whether something was tried for so long, and so often, that nobody tries it again."""
    return now - since > PATIENCE and attempts > _FEW_TRIES


def decide(error: Exception, op: Claimed) -> Decision:
    """Decide what an error of a call or a look-up means.

    An error that is no outcome is a mistake of ours: the effect is unknown, so the key stays.
    """
    if isinstance(error, Refused):
        return Decision(Verdict.REFUSE)
    if isinstance(error, NotAllowed):
        # The same key: an earlier try, of which no answer came, may have had the permission.
        return Decision(Verdict.SAME_KEY, longest())
    if isinstance(error, KeyRejected):
        return Decision(Verdict.PAUSE)
    if isinstance(error, Indeterminate):
        return Decision(Verdict.LOOK_UP, delay(op.attempts))
    if isinstance(error, NotBegun) and error.retry_after_s is not None:
        return Decision(Verdict.SAME_KEY, timedelta(seconds=error.retry_after_s))
    return Decision(Verdict.SAME_KEY, delay(op.attempts))


def code_of(error: Exception) -> str:
    """Return the stable code that the operator's list shows for an error."""
    if isinstance(error, Refused):
        return error.reason[:100]
    return error.code if isinstance(error, EffectError) else type(error).__name__[:100]
