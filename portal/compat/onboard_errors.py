"""Door 000: what went wrong, by the statuses of the document."""

from __future__ import annotations

from dataclasses import replace

from portal.web.programs.problems import as_problem
from portal.web.scope import Scope
from portal.web.shapes import Failure, Shaped

_AS_EVER = ("idempotency_key_mismatch",)


def as_bad_request(scope: Scope, failure: Failure, error: Exception) -> Shaped:
    """Tell of what a rule refuses with 400, as the document does, and of the rest as ever."""
    if failure.status == 422 and failure.code not in _AS_EVER:
        failure = replace(failure, status=400)
    return as_problem(scope, failure, error)
