"""Cancel a plan in the billing portal, or let it continue after all."""

from __future__ import annotations

from portal.sandbox import hosted, hosted_changes
from portal.sandbox.plan_words import plan_line
from portal.sandbox.rendering import Typed, not_found, read_typed
from portal.sandbox.rows import Row
from portal.sandbox.visit import Visit
from portal.sandbox.wire import Answer

_FLOW = "subscription_cancel"
_REASONS = {
    "too_expensive": "It’s too expensive",
    "missing_features": "Some features are missing",
    "switched_service": "I found an alternative",
    "unused": "I no longer need it",
    "customer_service": "Customer service was less than expected",
    "too_complex": "Ease of use was less than expected",
    "low_quality": "Quality was less than expected",
    "other": "Other reason",
}


def show_cancel(visit: Visit, id: str) -> Answer:
    """Ask whether to cancel a plan."""
    plan = _plan(visit, id)
    if not visit.offers(_FLOW):
        return visit.refused()
    if plan is None:
        return not_found(visit.base)
    feature = visit.portal.configuration["features"][_FLOW]
    reason = feature["cancellation_reason"]
    return visit.page(
        "cancel.html",
        plan=plan_line(visit.account, plan),
        is_now=_mode(visit, plan) == "immediately",
        reasons=[(each, _REASONS[each]) for each in reason["options"]] if reason["enabled"] else [],
    )


def _plan(visit: Visit, id: str) -> Row | None:
    found = hosted.customer_subscriptions(visit.account, visit.customer["id"])
    return next((row for row in found if row["id"] == id), None)


def _mode(visit: Visit, plan: Row) -> str:
    mode = str(visit.portal.configuration["features"][_FLOW]["mode"])
    return "immediately" if plan["status"] == "incomplete" else mode


def cancel(visit: Visit, id: str) -> Answer:
    """Cancel a plan as the configuration says; a second time changes nothing."""
    plan = _plan(visit, id)
    if not visit.offers(_FLOW):
        return visit.refused()
    typed = read_typed(visit.request)
    if plan is not None and not plan["cancel_at_period_end"]:
        _cancel(visit, plan, typed)
    elif plan is None and not _is_of_flow(visit, id):
        return not_found(visit.base)
    return visit.end_flow("canceled") if _is_of_flow(visit, id) else visit.home("canceled")


def _cancel(visit: Visit, plan: Row, typed: Typed) -> None:
    reason = visit.portal.configuration["features"][_FLOW]["cancellation_reason"]
    is_asked = reason["enabled"] and typed.get("feedback") in reason["options"]
    hosted_changes.cancel_subscription(
        visit.account,
        visit.customer["id"],
        plan["id"],
        mode=_mode(visit, plan),
        feedback=typed["feedback"] if is_asked else None,
        comment=typed.get("comment", "")[:500] or None if reason["enabled"] else None,
    )


def _is_of_flow(visit: Visit, id: str) -> bool:
    if not visit.is_for(_FLOW):
        return False
    return bool(visit.portal.session["flow"]["subscription_cancel"]["subscription"] == id)


def keep(visit: Visit, id: str) -> Answer:
    """Let a plan that was to end continue."""
    if not visit.offers(_FLOW):
        return visit.refused()
    plan = _plan(visit, id)
    if plan is None:
        return not_found(visit.base)
    if plan["cancel_at_period_end"]:
        hosted_changes.keep_subscription(visit.account, visit.customer["id"], id)
    return visit.home("kept")
