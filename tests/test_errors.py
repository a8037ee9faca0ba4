"""What programs rely on: codes, statuses, and whether to try again never change."""

from __future__ import annotations

import pytest

from portal import errors
from portal.errors import NotBegun, PortalError, Problem, Refused

TABLE = [
    ("PortalError", 500, "internal", False),
    ("NotFound", 404, "not_found", False),
    ("Forbidden", 403, "forbidden", False),
    ("TooMany", 429, "too_many_requests", True),
    ("DatabaseBusy", 503, "database_busy", True),
    ("NoDatabase", 503, "no_database", True),
    ("InvalidDetails", 422, "invalid_details", False),
    ("EffectError", 503, "effect_failed", False),
    ("Unanswered", 503, "unanswered", True),
    ("NotBegun", 503, "not_begun", True),
    ("Indeterminate", 503, "indeterminate", False),
    ("Refused", 422, "refused", False),
    ("KeyRejected", 503, "key_rejected", False),
]


@pytest.mark.parametrize(("name", "status", "code", "retry"), TABLE)
def test_each_keeps_its_code_and_its_status(name: str, status: int, code: str, retry: bool) -> None:
    kind: type[PortalError] = getattr(errors, name)

    assert (kind.status, kind.code, kind.retry) == (status, code, retry)


def test_a_sentence_is_there_for_whoever_gives_no_reason() -> None:
    assert str(errors.NotFound()) == errors.NotFound.sentence
    assert str(errors.NotFound("No such plan.")) == "No such plan."


def test_a_problem_fills_in_what_it_knows() -> None:
    assert str(Problem("wrong", "Like {example}.", {"example": "SW1"})) == "Like SW1."


def test_every_wrong_field_is_in_what_is_raised() -> None:
    raised = errors.InvalidDetails({"email": Problem("a", "No."), "phone": Problem("b", "Why?")})

    assert str(raised) == "email: No., phone: Why?"
    assert list(raised.problems) == ["email", "phone"]


def test_a_refusal_tells_the_operator_all_and_remembers_it_in_parts() -> None:
    refused = Refused("resource_missing", param="items[0][price]", said="No such price.")

    assert str(refused) == "resource_missing (items[0][price]): No such price."
    assert str(Refused("no", said="No.")) == "no: No."
    assert (refused.reason, refused.param) == ("resource_missing", "items[0][price]")
    assert refused.said == "No such price."


def test_who_is_too_busy_may_say_for_how_long() -> None:
    assert NotBegun().retry_after_s is None
    assert NotBegun("rate_limit", retry_after_s=2.0).retry_after_s == 2.0


def test_where_no_database_is_the_operator_is_told_where_to_look() -> None:
    assert str(errors.NoDatabase("No route.")) == "No route. Look at PORTAL_DATABASE_URL."
