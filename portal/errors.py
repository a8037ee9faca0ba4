"""What can go wrong, in our words: a sentence, a status, a stable code, and if to try again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong value: a stable code for programs and a sentence for people.

    The sentence is an English message id with {placeholders}; languages translate it at the door.
    """

    code: str
    sentence: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence.format_map(self.values)


class PortalError(Exception):
    """Something a caller can be told about.

    is_outcome: it is what came of something that was done, not a word why nothing is.
    """

    status: ClassVar[int] = 500
    code: str = "internal"
    sentence: str = "Something went wrong on our side."
    retry: ClassVar[bool] = False
    is_outcome: bool = False

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason or self.sentence)


class NotFound(PortalError):
    """There is no such page or thing, or not for this caller."""

    status = 404
    code = "not_found"
    sentence = "We could not find that page."


class Forbidden(PortalError):
    """The request does not come from one of our own pages, or may not do this."""

    status = 403
    code = "forbidden"
    sentence = "That request did not come from one of our pages. Go back, reload and try again."


class TooMany(PortalError):
    """A limit was passed; waiting helps."""

    status = 429
    code = "too_many_requests"
    sentence = "That was a lot of tries in a short time. Wait a few minutes and try again."
    in_minutes: ClassVar[str] = "That was a lot in a short time. You can go on in {minutes} min."
    in_hours: ClassVar[str] = "That was a lot in a short time. You can go on in {hours} h."
    retry = True

    def __init__(self, reason: str = "", *, again_in: timedelta | None = None) -> None:
        super().__init__(reason)
        self.again_in = again_in


class DatabaseBusy(PortalError):
    """The database could not take the write in time; nothing was stored."""

    status = 503
    code = "database_busy"
    sentence = "We could not save that just now. Nothing is lost: try again in a moment."
    retry = True


class NoDatabase(DatabaseBusy):
    """There is none that we can use where PORTAL_DATABASE_URL leads: an operator has to mend it.

    Busy to whoever visits meanwhile, since nothing was stored and it may be mended in a moment.
    """

    code = "no_database"

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason.rstrip('.')}. Look at PORTAL_DATABASE_URL.")


class InvalidDetails(PortalError):
    """Values that cannot be taken: field name to problem, in the order of the form."""

    status = 422
    code = "invalid_details"
    sentence = "Some answers need another look."

    def __init__(self, problems: Mapping[str, Problem]) -> None:
        super().__init__(", ".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.problems = dict(problems)


class EffectError(PortalError):
    """What came of trying an effect outside (Stripe, mail). The subclasses are the outcomes."""

    status = 503
    code = "effect_failed"


class Unanswered(EffectError):
    """No answer, so the outcome is unknown: the same call with the same key is safe to repeat."""

    code = "unanswered"
    retry = True


class NotBegun(EffectError):
    """They were too busy to begin (429, lock, our other try under way): same key, later."""

    code = "not_begun"
    retry = True

    def __init__(self, reason: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class Indeterminate(EffectError):
    """A saved failure that hides the effect (5xx, key reused): look it up before the next key."""

    code = "indeterminate"


class Refused(EffectError):
    """A definite no: repeating it changes nothing.

    `reason` is their code (such as "customer_tax_location_invalid"), `param` the parameter they
    name in bracket form, `said` their sentence (for the operator, never for the customer).
    """

    status = 422
    code = "refused"

    def __init__(self, reason: str, *, param: str | None = None, said: str = "") -> None:
        super().__init__(f"{reason} ({param}): {said}" if param else f"{reason}: {said}")
        self.reason, self.param, self.said = reason, param, said


class KeyRejected(EffectError):
    """Our own key was refused: nothing of this company can go on until the operator mends it."""

    code = "key_rejected"


class NotAllowed(KeyRejected):
    """Our key lacks a permission for this very call: the others go on, and this one waits."""

    code = "not_allowed"
