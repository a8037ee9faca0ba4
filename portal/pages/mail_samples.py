"""Every mail the portal writes, with values to look at: for the demo's gallery, and for tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portal.errors import NotFound

_HERE = "https://join.example"
_ACCOUNT = f"{_HERE}/account"
_LINK = f"{_HERE}/signin/link/4f9c2b7e81d34c6a9d0e5b1f7a2c8e63"
_CODE = {"link": _LINK, "code": "12345678", "minutes": 10}
_WELCOME = {
    "link": _ACCOUNT, "name": "Ada", "plan_name": "Pro",
    "trial_ends": "5 December 2026", "next_charge": "€12.00 on 5 December 2026",
    "steps": ["Invite your colleagues.", "Import your projects."],
}  # fmt: skip
_CANCELLED = {
    "link": f"{_ACCOUNT}/cancel", "name": "Ada", "plan_name": "Pro",
    "asked": "21 November 2026, 09:30 UTC", "ends": "5 December 2026",
}  # fmt: skip
_CHANGED = {
    "link": _ACCOUNT, "name": "Ada",
    "sentences": ["Your plan is Team now.", "€37.00 was charged."],
}  # fmt: skip
_OPTIONAL = ("name", "plan_name", "trial_ends", "next_charge", "ends")


@dataclass(frozen=True, slots=True)
class Sample:
    """One mail in one state: templates/email/<template>.* and what it is rendered with."""

    template: str
    state: str
    context: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Return what no other sample is called."""
        return f"{self.template}-{self.state}" if self.state else self.template


def samples() -> Iterator[Sample]:
    """Return every mail, in the order in which a customer may meet them."""
    yield Sample("confirm_address", "", _CODE | {"name": ""})
    yield Sample("welcome", "", _WELCOME)
    yield Sample("welcome", "bare", _bare(_WELCOME) | {"steps": []})
    yield Sample("sign_in", "", _CODE | {"name": "Ada"})
    yield Sample("plan_changed", "", _CHANGED)
    yield Sample("plan_changed", "bare", _bare(_CHANGED))
    yield Sample("cancelled", "", _CANCELLED)
    yield Sample("cancelled", "at-once", _bare(_CANCELLED))
    yield Sample("confirm_change", "", {"link": _LINK, "minutes": 60})
    yield Sample("address_in_use", "", {"link": f"{_HERE}/signin"})
    yield Sample("email_changed", "", {"link": _LINK, "name": "Ada", "days": 7})
    yield Sample("email_changed", "bare", {"link": _LINK, "name": "", "days": 7})
    notice = {"said": "Your password was set just now.", "link": f"{_ACCOUNT}/security"}
    yield Sample("security_notice", "", notice)


def sample_of(name: str) -> Sample:
    """Return the sample of this name.

    Raises:
        NotFound: there is none.
    """
    for sample in samples():
        if sample.name == name:
            return sample
    raise NotFound


def _bare(context: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what a mail can do without."""
    return {**context, **{name: "" for name in _OPTIONAL if name in context}}
