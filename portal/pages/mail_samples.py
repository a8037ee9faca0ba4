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
    "withdraw_until": "5 December 2026", "withdraw_link": f"{_ACCOUNT}/withdraw",
}  # fmt: skip
_CANCELLED = {
    "link": f"{_ACCOUNT}/cancel", "name": "Ada", "plan_name": "Pro",
    "asked": "21 November 2026, 09:30 UTC", "ends": "5 December 2026",
}  # fmt: skip
_CHANGED = {
    "link": _ACCOUNT, "name": "Ada",
    "sentences": ["Your plan is Team now.", "€37.00 was charged."],
}  # fmt: skip
_TO_PAY = f"{_ACCOUNT}/pay"
_FAILED = {
    "link": _TO_PAY, "name": "Ada", "plan_name": "Pro", "card": "Visa ending in 4242",
    "amount": "€12.00", "again": "8 December 2026", "to_confirm": False,
}  # fmt: skip
_TRIAL = {
    "link": _ACCOUNT, "name": "Ada", "plan_name": "Pro", "card": "Visa ending in 4242",
    "ends": "5 December 2026", "needs_card": False,
    "said": "Your trial runs until 5 December 2026. Then your plan goes on for €12.00.",
    "next_charge": "€12.00 on 5 December 2026",
}  # fmt: skip
_WITHOUT_CARD = {
    "link": _TO_PAY, "card": "", "needs_card": True, "next_charge": "",
    "said": "Your trial runs until 5 December 2026. Without a payment method your plan ends then.",
}  # fmt: skip
_CARD = {
    "link": _TO_PAY, "name": "Ada", "plan_name": "Pro", "card": "Visa ending in 4242",
    "expires": "31 December 2026", "charge": "5 January 2027",
}  # fmt: skip
_ENDED = {
    "link": f"{_HERE}/", "name": "Ada", "plan_name": "Pro", "ended": "5 December 2026",
}  # fmt: skip
_PAUSED = {
    "link": _TO_PAY, "name": "Ada", "plan_name": "Pro",
    "said": "Your trial is over and your plan is paused. Add a payment method and it goes on.",
}  # fmt: skip
_ERASURE = {
    "link": f"{_ACCOUNT}/data", "name": "Ada", "due": "28 November 2026",
    "kept_until": "31 December 2036",
}  # fmt: skip
_WITHDRAWN = {
    "link": f"{_ACCOUNT}/withdraw", "name": "Ada", "plan_name": "Pro",
    "asked": "21 November 2026, 09:30 UTC",
    "sentences": ["Your plan has ended.", "€12.00 is paid back to you, the way you paid it."],
}  # fmt: skip
_BY_HAND = {
    "said": "The plan has ended, but Stripe did not let us give back all. Give back the rest.",
    "received": "21 November 2026, 09:30 UTC", "customer": "ada@example.com", "plan_name": "Pro",
    "subscription": "sub_1SVx0kK2eZvKYlo2", "given": "€12.00",
}  # fmt: skip
_DECLARED = {
    "kind": "cancel", "received": "21 November 2026, 09:30 UTC", "is_theirs": True,
    "plan_name": "Pro", "days": 14, "is_unconfirmed": False,
    "link": f"{_HERE}/contracts/confirm/4f9c2b7e81d34c6a",
    "said": {
        "name": "Ada Lovelace", "email": "ada@example.com", "contract": "Pro",
        "ends": "31 December", "cause": "The letters never came.",
    },
}  # fmt: skip
_NOBODYS = {"kind": "withdraw", "plan_name": "", "link": ""}
_SEVERAL = {"is_theirs": True, "days": 14, "all": [_DECLARED, _DECLARED | _NOBODYS]}
_SELLERS_COPY = _DECLARED | {"link": "", "plan_name": ""}
_SELLERS = {
    "is_theirs": False, "days": 14, "all": [_SELLERS_COPY, _SELLERS_COPY | {"is_unconfirmed": True}]
}  # fmt: skip
_OPTIONAL = (
    *("name", "plan_name", "trial_ends", "next_charge", "ends", "card", "again", "charge"),
    *("withdraw_until", "customer", "given"),
)


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
    yield Sample("resume", "", {"link": f"{_HERE}/signup/resume/4f9c2b7e81d34c6a", "days": 7})
    yield Sample("welcome", "", _WELCOME)
    yield Sample("welcome", "bare", _bare(_WELCOME) | {"steps": []})
    yield Sample("sign_in", "", _CODE | {"name": "Ada"})
    yield Sample("trial_ending", "", _TRIAL)
    yield Sample("trial_ending", "without-card", _TRIAL | _WITHOUT_CARD)
    yield Sample("trial_ending", "bare", _bare(_TRIAL, but="ends"))
    yield Sample("payment_failed", "", _FAILED)
    yield Sample("payment_failed", "to-confirm", _FAILED | {"to_confirm": True, "again": ""})
    yield Sample("payment_failed", "bare", _bare(_FAILED))
    yield Sample("card_expiring", "", _CARD)
    yield Sample("card_expiring", "bare", _bare(_CARD))
    yield Sample("plan_paused", "", _PAUSED)
    yield Sample("plan_paused", "bare", _bare(_PAUSED))
    yield Sample("plan_changed", "", _CHANGED)
    yield Sample("plan_changed", "bare", _bare(_CHANGED))
    yield Sample("cancelled", "", _CANCELLED)
    yield Sample("cancelled", "at-once", _bare(_CANCELLED))
    yield Sample("withdrawn", "", _WITHDRAWN)
    yield Sample("withdrawn", "bare", _bare(_WITHDRAWN))
    yield Sample("by_hand", "", _BY_HAND)
    yield Sample("by_hand", "bare", _bare(_BY_HAND))
    yield Sample("declared", "", _DECLARED)
    yield Sample("declared", "nobodys", _DECLARED | _NOBODYS)
    yield Sample("declared", "sellers", _DECLARED | {"is_theirs": False, "link": ""})
    yield Sample("declared_several", "", _SEVERAL)
    yield Sample("declared_several", "sellers", _SELLERS)
    yield Sample("plan_ended", "", _ENDED)
    yield Sample("plan_ended", "bare", _bare(_ENDED))
    yield Sample("confirm_change", "", {"link": _LINK, "minutes": 60})
    yield Sample("address_in_use", "", {"link": f"{_HERE}/signin"})
    yield Sample("email_changed", "", {"link": _LINK, "name": "Ada", "days": 7})
    yield Sample("email_changed", "bare", {"link": _LINK, "name": "", "days": 7})
    notice = {"said": "Your password was set just now.", "link": f"{_ACCOUNT}/security"}
    yield Sample("security_notice", "", notice)
    yield Sample("erasure", "", _ERASURE)
    yield Sample("erasure", "bare", _bare(_ERASURE))


def sample_of(name: str) -> Sample:
    """Return the sample of this name.

    Raises:
        NotFound: there is none.
    """
    for sample in samples():
        if sample.name == name:
            return sample
    raise NotFound


def _bare(context: Mapping[str, Any], *, but: str = "") -> dict[str, Any]:
    """Leave out what a mail can do without."""
    return {**context, **{name: "" for name in _OPTIONAL if name in context and name != but}}
