"""What is left of a withdrawal for people to do, and how it is said to each of them."""

from __future__ import annotations

from enum import StrEnum

from portal.words import translations


class Left(StrEnum):
    """Why something is left: what stands in a change as its problem."""

    BY_HAND = "by_hand"
    """The seller gives back by hand, as their site says."""
    REFUSED = "refund_refused"
    OPEN = "invoice_open"
    """An invoice could not be voided: it might be paid yet."""
    BOUNCED = "refund_bounced"
    """A refund that Stripe had taken came to nothing."""
    WAITS = "refund_waits"
    """Stripe pays a refund out only when somebody has done something more."""


def to_seller(problem: str, locale: str, *, has_ended: bool) -> str:
    """Say what the seller has to do."""
    _ = translations(locale).gettext
    if not has_ended:
        return _("Stripe did not let us end the plan. End it, and give back what was paid.")
    match problem:
        case Left.BY_HAND:
            said = _("The plan has ended. What was paid is yours to give back, as your site says.")
            return said + " " + _("Void what is still open of it.")
        case Left.OPEN:
            said = _("The plan has ended, but Stripe did not let us void an invoice for it.")
            return said + " " + _("Void it, or give back what is paid of it.")
        case Left.BOUNCED:
            said = _("The plan has ended, but a refund came to nothing: Stripe has the money.")
            return said + " " + _("Give it back in another way.")
        case Left.WAITS:
            said = _("The plan has ended, but Stripe waits before it pays a refund out.")
            return said + " " + _("Mostly your customer has to tell where to: see that they do.")
    said = _("The plan has ended, but Stripe did not let us give back all. Give back the rest.")
    return said + " " + _("Void what is still open of it.")


def to_customer(problem: str, locale: str, *, is_part: bool) -> str:
    """Say what the customer can wait for; is_part: some of their money is on its way."""
    _ = translations(locale).gettext
    match problem:
        case Left.OPEN:
            return _("An invoice for it may still be open. Do not pay it: we void it by hand.")
        case Left.BOUNCED:
            return _("A payment back to you did not arrive. You get it in another way.")
        case Left.WAITS:
            said = _("Our payment service may need to know where to pay it back to.")
            return said + " " + _("Look for a mail from it.")
    if is_part:
        return _("The rest of what you paid is paid back to you separately, within 14 days.")
    return _("What you paid is paid back to you separately, within 14 days.")
