"""The hosted billing portal: which page of a session an address names."""

from __future__ import annotations

from collections.abc import Callable

from portal.sandbox import card_pages, detail_pages, home_page, plan_pages, wallet_pages
from portal.sandbox.errors import StripeError
from portal.sandbox.hosted import find_session
from portal.sandbox.rendering import not_allowed, not_found
from portal.sandbox.visit import Visit
from portal.sandbox.wire import Answer, Request
from portal.sandbox.world import Sandbox

Handler = Callable[[Visit, str], Answer]


def answer(sandbox: Sandbox, request: Request, base: str, token: str, where: str) -> Answer:
    """Answer with a page of the session that the token opens."""
    found = find_session(sandbox, token)
    if found is None or found.is_expired:
        return not_found(base)
    method = "GET" if request.method == "HEAD" else request.method
    name, _, id = where.rstrip("/").partition("/")
    handler = _PAGES.get((method, name))
    if handler is None:
        return not_found(base)
    try:
        return handler(Visit(found, request, base, f"{base}/p/session/{token}"), id)
    except StripeError as refusal:
        return not_allowed(base, refusal.error["message"], refusal.status)


def _open(visit: Visit, id: str) -> Answer:
    """Open the session: at its flow, until that is done, else at home."""
    if visit.flow == "payment_method_update":
        return card_pages.show_form(visit, "")
    if visit.flow == "subscription_cancel":
        plan = visit.portal.session["flow"]["subscription_cancel"]["subscription"]
        return plan_pages.show_cancel(visit, plan)
    return home_page.show(visit, id)


_PAGES: dict[tuple[str, str], Handler] = {
    ("GET", ""): _open,
    ("GET", "home"): home_page.show,
    ("GET", "card"): card_pages.show_form,
    ("POST", "card"): card_pages.save,
    ("GET", "bank"): card_pages.show_bank,
    ("POST", "bank"): card_pages.answer_bank,
    ("POST", "use"): wallet_pages.use,
    ("POST", "remove"): wallet_pages.remove,
    ("GET", "cancel"): plan_pages.show_cancel,
    ("POST", "cancel"): plan_pages.cancel,
    ("POST", "keep"): plan_pages.keep,
    ("GET", "details"): detail_pages.show_details,
    ("POST", "details"): detail_pages.save_details,
    ("POST", "tax-ids"): detail_pages.change_tax_ids,
}
