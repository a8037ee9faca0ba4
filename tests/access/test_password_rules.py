"""What a new password must be."""

from __future__ import annotations

import pytest

from portal.access.password_rules import is_common, password_problem

ADA = "ada.lovelace@mail.example"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("1234567", "password_short"),
        ("kq7vbw2z", None),
        ("ü" * 256, None),
        ("ü" * 257, "password_long"),
        (ADA, "password_is_email"),
        (" ADA.Lovelace ", "password_is_email"),
        ("ada.lovelace!", None),
        ("mail.example", None),
        ("Password", "password_common"),
        (" iloveyou ", "password_common"),
    ],
)
def test_a_password_is_refused_for_one_reason_or_taken(typed: str, code: str | None) -> None:
    problem = password_problem(typed, ADA)

    assert (problem and problem.code) == code


def test_the_limits_are_said() -> None:
    assert str(password_problem("x", ADA)) == "Use at least 8 characters."
    assert str(password_problem("x" * 300, ADA)) == "Use at most 256 characters."


def test_what_is_in_the_list_is_found_and_what_is_not_is_not() -> None:
    assert all(is_common(word) for word in ("password", "12345678", "qwertyuiop", "football"))
    assert not any(is_common(word) for word in ("kq7vbw2z", "password kq7", "\ud800kq7vb", ""))
