"""Say that something was done too often, and when one can go on."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from portal.errors import Problem, TooMany
from portal.web.answers import Answer

_IN_MINUTES = Problem(
    TooMany.code, "That was a lot in a short time. You can go on in {minutes} min."
)
_IN_HOURS = Problem(TooMany.code, "That was a lot in a short time. You can go on in {hours} h.")
_MOST_MINUTES = 120


def too_often(many: TooMany) -> Problem:
    """Return the sentence, with the time to wait where it is known."""
    if many.again_in is None:
        return Problem(many.code, many.sentence)
    minutes = ceil(many.again_in.total_seconds() / 60)
    if minutes > _MOST_MINUTES:
        return replace(_IN_HOURS, values={"hours": str(ceil(minutes / 60))})
    return replace(_IN_MINUTES, values={"minutes": str(minutes)})


def come_back(answer: Answer, many: TooMany) -> Answer:
    """Tell programs, too, when to come back."""
    if many.again_in is not None:
        answer.set_header("retry-after", str(ceil(many.again_in.total_seconds())))
    return answer
