"""The kinds of values that our API takes: what the schema says of each is the rule itself."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
)

from portal.web.programs.brackets import in_order

_HIDDEN = (
    r"\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffd-\uffff"
)
_SHOWN = f"^[^{_HIDDEN}]*$"
"""No controls, line breaks, turned writing directions or signs that stand for nothing."""


# By their numbers: what \s and \d stand for is another thing in each language of patterns.
SPACES = r"\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
"""Space, and what nobody sees, for what may hold none."""


class Sent(BaseModel):
    """What a program sends: every member is known, and of the very type."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, defer_build=True)


class Told(BaseModel):
    """What a program is told."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


def text(most: int, least: int = 0) -> Any:
    """Return the constraints of a text on one line, of at most so many characters."""
    return StringConstraints(max_length=most, min_length=least, pattern=_SHOWN)


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _in_order(value: Any, info: ValidationInfo[Any]) -> Any:
    """Make a list of what a form named by brackets; of JSON, nothing but a list is one."""
    found = in_order(value) if info.context and isinstance(value, dict) else None
    return value if found is None else found


Item = TypeVar("Item")
Listed = Annotated[list[Item], BeforeValidator(_in_order)]
"""A list, as JSON or as a form has one."""

Text20 = Annotated[str, text(20)]
Text50 = Annotated[str, text(50)]
Text100 = Annotated[str, text(100)]
Text150 = Annotated[str, text(150)]
Text255 = Annotated[str, text(255)]
Email = Annotated[
    str,
    StringConstraints(max_length=254, pattern=rf"^[^@{SPACES}]+@[^@{SPACES}]+\.[^@{SPACES}]+$"),
]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2}$")]
Language = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,2}$", max_length=20)
]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,49}$")]
SiteName = Annotated[str, StringConstraints(pattern=r"^(site_[0-9A-Za-z]{1,35}|[0-9]{1,9})$")]
Phone = Annotated[Annotated[str, text(50)] | int, AfterValidator(_as_text)]
PostalCode = Annotated[Annotated[str, text(20)] | int, AfterValidator(_as_text)]
Text30 = Annotated[str, text(30)]
Text200 = Annotated[str, text(200)]
Text250 = Annotated[str, text(250)]
Text256 = Annotated[str, text(256)]
Text350 = Annotated[str, text(350)]
Text2000 = Annotated[str, text(2000)]
Username = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,100}$")]
TimeZone = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+/-]{1,50}$")]
Address = Annotated[
    str, StringConstraints(pattern=rf"^https?://[^{SPACES}\"<>\\^`{{|}}]{{1,490}}$")
]
Method = Annotated[str, StringConstraints(pattern=r"^pm_[A-Za-z0-9_]{1,250}$")]
Intent = Annotated[str, StringConstraints(pattern=r"^(pi|seti)_[A-Za-z0-9_]{1,250}$")]
GatewayCustomer = Annotated[str, StringConstraints(pattern=r"^cus_[A-Za-z0-9_]{1,250}$")]
MetadataKey = Annotated[str, StringConstraints(pattern=r"^[^\[\]\u0000-\u001f]{1,40}$")]
MetadataValue = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\u0000]*$")]
Metadata = Annotated[
    dict[MetadataKey, MetadataValue | None],
    Field(max_length=50, json_schema_extra={"additionalProperties": False}),
]
