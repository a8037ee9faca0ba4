"""What a program asks not to be sent of what it does: plain values."""

from __future__ import annotations

from dataclasses import dataclass

MAILS, WEBHOOKS, ALL = "mails", "webhooks", "all"


@dataclass(frozen=True, slots=True)
class Quiet:
    """Whether the customer's mails, the seller's webhooks, or all that follows is left out."""

    mails: bool = False
    webhooks: bool = False
    actions: bool = False
    """Both of those, and what would come of it later, such as a reminder of a sign-up left."""

    @property
    def no_mails(self) -> bool:
        """Tell whether the customer is written nothing."""
        return self.mails or self.actions

    @property
    def no_webhooks(self) -> bool:
        """Tell whether the seller's endpoints are told nothing."""
        return self.webhooks or self.actions

    @property
    def text(self) -> str:
        """Write it for a row, in at most twenty signs; "" when nothing is left out."""
        named = {MAILS: self.no_mails, WEBHOOKS: self.no_webhooks, ALL: self.actions}
        return " ".join(name for name, is_left_out in named.items() if is_left_out)


LOUD = Quiet()
"""All is sent."""


def read_quiet(text: str) -> Quiet:
    """Read what was written for a row."""
    return Quiet(MAILS in text, WEBHOOKS in text, ALL in text)
