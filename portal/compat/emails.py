"""E-mail addresses as the forms of doors take them."""

from __future__ import annotations

from typing import Any

from pydantic import StringConstraints

_FORM = r"^([^@\s,;<>]+@[^@\s,;<>.]+(\.[^@\s,;<>.]+)+)?$"


def email(most: int) -> Any:
    """Return the constraints of an e-mail address of at most so many characters, or of none."""
    return StringConstraints(max_length=most, pattern=_FORM)
