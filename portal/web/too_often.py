"""Say that something was done too often, and when one can go on."""

from __future__ import annotations

from math import ceil

from portal.errors import Problem, TooMany
from portal.web.answers import Answer

_MOST_MINUTES = 120


def too_often(many: TooMany) -> Problem:
    """Return the sentence, with the time to wait where it is known."""
    if many.again_in is None:
        return Problem(many.code, many.sentence)
    minutes = ceil(many.again_in.total_seconds() / 60)
    if minutes > _MOST_MINUTES:
        return Problem(many.code, many.in_hours, {"hours": str(ceil(minutes / 60))})
    return Problem(many.code, many.in_minutes, {"minutes": str(minutes)})


def come_back(answer: Answer, many: TooMany) -> Answer:
    """Tell programs, too, when to come back."""
    if many.again_in is not None:
        answer.set_header("retry-after", str(ceil(many.again_in.total_seconds())))
    return answer
