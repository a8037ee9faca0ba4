"""E-mail addresses and switches, as the forms of doors take them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints

from portal.web.programs.texts import SPACES

_NONE = rf"{SPACES},;<>@\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffd-\uffff"
_FORM = f"^([^{_NONE}]+@[^{_NONE}.]+([.][^{_NONE}.]+)+)?$"
_WORDS = {"true": True, "false": False}


def email(most: int) -> Any:
    """Return the constraints of an e-mail address of at most so many characters, or of none."""
    return StringConstraints(max_length=most, pattern=_FORM)


def _word(value: Any) -> Any:
    # What is no such word is refused as no boolean; in a form 1 and yes are none either.
    return _WORDS.get(value, "") if isinstance(value, str) else value


Switch = Annotated[bool, BeforeValidator(_word)]
"""true or false, as a form writes them."""
