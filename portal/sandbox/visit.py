"""A person in an open billing portal session, and what the session lets them do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.hosted import PortalSession, finish_flow
from portal.sandbox.rendering import not_allowed, page, see_other
from portal.sandbox.rows import Row
from portal.sandbox.wire import Answer, Request

_DETAILS = ("name", "email", "phone", "address", "tax_id")


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a person whose session is open."""

    portal: PortalSession
    request: Request
    base: str
    at: str
    """The session's address on this server."""

    @property
    def account(self) -> Account:
        """Give the seller's account."""
        return self.portal.account

    @property
    def customer(self) -> Row:
        """Give the customer."""
        return self.portal.customer

    @property
    def flow(self) -> str:
        """Name the flow that this session is for; empty when there is none or it is done."""
        flow = self.portal.session["flow"]
        return str(flow["type"]) if flow and not self.portal.is_flow_done else ""

    @property
    def seller(self) -> str:
        """Name the seller, as the portal's configuration does; else empty."""
        return str(self.portal.configuration["name"] or "")

    @property
    def return_url(self) -> str | None:
        """Give the address that leads back to the seller."""
        url = self.portal.session["return_url"]
        return str(url) if url else None

    def offers(self, feature: str) -> bool:
        """Tell whether the configuration has switched a feature on."""
        return bool(self.portal.configuration["features"][feature]["enabled"])

    def may_update(self, field: str) -> bool:
        """Tell whether the customer may change a detail."""
        update = self.portal.configuration["features"]["customer_update"]
        return bool(update["enabled"]) and field in update["allowed_updates"]

    @property
    def updates(self) -> tuple[str, ...]:
        """Name the details that the customer may change here."""
        return tuple(field for field in _DETAILS if self.may_update(field))

    def page(self, template: str, *, status: int = 200, **context: Any) -> Answer:
        """Render a page of this session."""
        after = ((self.portal.session["flow"] or {}).get("after_completion") or {}).get("redirect")
        leads_to = (self.return_url, after["return_url"] if after else None)
        return page(template, self.base, status=status, leads_to=leads_to, visit=self, **context)

    def refused(self) -> Answer:
        """Say that the seller does not offer this."""
        return not_allowed(self.base, "The seller does not offer this here.")

    def home(self, said: str = "") -> Answer:
        """Go home, with a word about what was done."""
        return see_other(f"{self.at}/home{'?said=' + said if said else ''}")

    def is_for(self, flow: str) -> bool:
        """Tell whether the session was opened for this flow, done or not."""
        return bool(self.portal.session["flow"]) and self.portal.session["flow"]["type"] == flow

    def end_flow(self, said: str) -> Answer:
        """Go where the session's flow leads when it is done; again, when it was done before."""
        address = finish_flow(self.account, self.portal.session["id"])
        return see_other(address) if address else self.home(said)
