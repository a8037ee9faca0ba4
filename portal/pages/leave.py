"""Send somebody to their next stop."""

from __future__ import annotations

from portal.onboarding.next_stop import FormAgain, PortalPage, Stop, WelcomePage
from portal.web.answers import Answer, PageRequest, go_to, lead_out
from portal.web.templates import url_for

PATIENCE_S = 4.0


def leave_for(request: PageRequest, stop: Stop) -> Answer:
    """Redirect to the stop; the address of the billing portal is neither kept nor logged."""
    match stop:
        case PortalPage(url):
            return lead_out(request, url)
        case WelcomePage(onboarding):
            return go_to(request, f"{url_for('welcome')}?onboarding={onboarding}")
        case FormAgain(onboarding, site):
            return go_to(request, f"{url_for('signup')}?again={onboarding}&site={site}")
    return go_to(request, url_for("signup.status", onboarding=stop.onboarding))
