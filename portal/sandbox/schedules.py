"""Subscription schedules: what a subscription will be, phase after phase."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import revising, take
from portal.sandbox.ending import cancel_schedule
from portal.sandbox.errors import invalid, missing, refused
from portal.sandbox.events import emit
from portal.sandbox.listing import is_within, listed, matching
from portal.sandbox.lookup import living_customer, named
from portal.sandbox.operations import Call, operation
from portal.sandbox.rows import Row
from portal.sandbox.schedule_course import KIND, attach_schedule, begin, enter, release
from portal.sandbox.schedule_phases import change_to, phase_of, read_phases
from portal.sandbox.schedule_rows import new_schedule, present_phase, rewrite_phases
from portal.sandbox.subscription_changes import cancel_now, change_subscription, settle_up
from portal.sandbox.views import shown


@operation("POST", "/v1/subscription_schedules", "SubscriptionScheduleCreateParams")
def create_schedule(call: Call) -> Row:
    """Plan a subscription from its beginning, or take over one that runs."""
    account, params = call.account, call.params
    if "from_subscription" in params:
        if others := sorted(params.keys() - {"from_subscription", "expand"}):
            raise invalid(
                "You cannot set other parameters together with `from_subscription`. Update the"
                " schedule afterwards.",
                others[0],
                "parameters_exclusive",
            )
        row = _take_over(account, params["from_subscription"])
    else:
        call.only({"customer", "end_behavior", "expand", "metadata", "phases", "start_date"})
        row = _plan(account, params)
    return shown(account, row)


def _take_over(account: Account, id: str) -> Row:
    subscription = named(account, "subscription", id, "from_subscription")
    account.follow(subscription)
    if subscription["schedule"]:
        raise refused(
            "You cannot migrate a subscription that is already attached to a schedule:"
            f" `{subscription['schedule']}`.",
            "from_subscription",
        )
    if subscription["status"] in ("canceled", "incomplete_expired", "incomplete"):
        raise refused(
            f"You cannot schedule a subscription that is {subscription['status']}.",
            "from_subscription",
        )
    row = new_schedule(account, account.kind("customer")[subscription["customer"]], {})
    row["phases"] = [phase_of(account, subscription)]
    row["end_behavior"] = "cancel" if subscription["cancel_at_period_end"] else "release"
    row["status"] = "active"
    row["subscription"] = subscription["id"]
    enter(row, row["phases"][0])
    emit(account, "subscription_schedule.created", row)
    attach_schedule(account, subscription, row)
    return row


def _plan(account: Account, params: dict[str, Any]) -> Row:
    for name in ("customer", "phases"):
        if not params.get(name):
            raise missing(name)
    customer = living_customer(account, params["customer"], "customer")
    account.follow(customer)
    now = account.now()
    start = now if params.get("start_date", "now") == "now" else int(params["start_date"])
    if start < now:
        raise invalid("A schedule cannot start in the past here.", "start_date")
    row = new_schedule(account, customer, params)
    row["phases"] = read_phases(account, customer["id"], params["phases"], start)
    emit(account, "subscription_schedule.created", row)
    if start == now:
        begin(account, row)
    return row


@operation("POST", "/v1/subscription_schedules/{id}", "SubscriptionScheduleUpdateParams")
def update_schedule(call: Call) -> Row:
    """Change the phases to come; what changes in the present one is applied at once."""
    call.only({"end_behavior", "expand", "metadata", "phases", "proration_behavior"})
    account, params = call.account, call.params
    row = _changeable(call, "update")
    with revising(account, KIND, row["id"], "subscription_schedule.updated") as changed:
        take(changed, params, "end_behavior")
        if "phases" in params:
            rewrite_phases(account, changed, params["phases"])
            changed["_is_warned"] = False
    if row["status"] == "active" and "phases" in params:
        subscription = account.kind("subscription")[row["subscription"]]
        present = change_to(account, subscription, present_phase(row))
        present["proration_behavior"] = params.get("proration_behavior", "create_prorations")
        if present.get("trial_end", 0) <= account.now():
            present.pop("trial_end", None)
        change_subscription(account, subscription, present)
    return shown(account, row)


def _changeable(call: Call, what: str) -> Row:
    row = call.row(KIND, "subscription schedule")
    if row["status"] not in ("not_started", "active"):
        raise refused(
            f"You cannot {what} a subscription schedule that is currently in the"
            f" `{row['status']}` status."
        )
    call.account.follow(row)
    return row


@operation("POST", "/v1/subscription_schedules/{id}/release", "SubscriptionScheduleReleaseParams")
def release_schedule(call: Call) -> Row:
    """End a schedule, and let its subscription go on as it is."""
    call.only({"expand"})
    row = _changeable(call, "release")
    release(call.account, row)
    return shown(call.account, row)


@operation("POST", "/v1/subscription_schedules/{id}/cancel", "SubscriptionScheduleCancelParams")
def cancel_schedule_now(call: Call) -> Row:
    """End a schedule and its subscription; by default with a last invoice and prorations."""
    call.only({"expand", "invoice_now", "prorate"})
    account = call.account
    row = _changeable(call, "cancel")
    subscription = account.get("subscription", row["subscription"])
    if subscription is None:
        cancel_schedule(account, row)
        return shown(account, row)
    settle_up(account, subscription, {"invoice_now": True, "prorate": True, **call.params})
    cancel_now(account, subscription, {})
    return shown(account, row)


@operation("GET", "/v1/subscription_schedules/{id}", "SubscriptionScheduleRetrieveParams")
def retrieve_schedule(call: Call) -> Row:
    """Give a subscription schedule."""
    return shown(call.account, call.row(KIND, "subscription schedule"))


@operation("GET", "/v1/subscription_schedules", "SubscriptionScheduleListParams")
def list_schedules(call: Call) -> Row:
    """List subscription schedules; `scheduled` picks those that have not begun."""
    params = call.params
    found = matching(call.account.kind(KIND).values(), params, "customer")
    if params.get("scheduled"):
        found = [row for row in found if row["status"] == "not_started"]
    ends = ("canceled_at", "completed_at", "released_at")
    for name in ends:
        found = [row for row in found if is_within(row[name], params.get(name))]
    return listed(call, found, "subscription schedule", {"customer", "scheduled", *ends})
