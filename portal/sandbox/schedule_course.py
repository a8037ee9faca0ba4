"""What time does to subscription schedules: they begin, go from phase to phase, and end."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.changes import revising
from portal.sandbox.dues import Due
from portal.sandbox.ending import end_subscription
from portal.sandbox.events import emit
from portal.sandbox.periods import DAY_S
from portal.sandbox.rows import Row
from portal.sandbox.schedule_phases import beginning_of, change_to
from portal.sandbox.subscription_changes import change_subscription
from portal.sandbox.subscriptions import subscribe

KIND = "subscription_schedule"
WARNED_BEFORE_S = 7 * DAY_S


def schedule_dues(row: Row) -> list[Due]:
    """List what will happen to a schedule by itself, and when."""
    if row["status"] == "not_started":
        return [(row["phases"][0]["start_date"], begin)]
    if row["status"] != "active":
        return []
    warning = row["phases"][-1]["end_date"] - WARNED_BEFORE_S
    warned = row["_is_warned"] or warning <= row["phases"][0]["start_date"]
    return [(None if warned else warning, _warn), (row["current_phase"]["end_date"], _go_on)]


def _warn(account: Account, row: Row) -> None:
    account.edit(KIND, row["id"])["_is_warned"] = True
    emit(account, "subscription_schedule.expiring", row)


def begin(account: Account, row: Row) -> None:
    """Begin the subscription of a schedule, in its first phase."""
    phase = row["phases"][0]
    customer = account.kind("customer")[row["customer"]]
    subscription = subscribe(account, customer, beginning_of(phase, row["customer"]))
    attach_schedule(account, subscription, row)
    with revising(account, KIND, row["id"], "subscription_schedule.updated") as changed:
        changed["status"] = "active"
        changed["subscription"] = subscription["id"]
        enter(changed, phase)


def enter(row: Row, phase: Row) -> None:
    """Write down which phase a schedule is in."""
    row["current_phase"] = {"end_date": phase["end_date"], "start_date": phase["start_date"]}


def attach_schedule(account: Account, subscription: Row, row: Row) -> None:
    """Let a subscription be managed by a schedule."""
    id = subscription["id"]
    with revising(account, "subscription", id, "customer.subscription.updated") as changed:
        changed["schedule"] = row["id"]


def _go_on(account: Account, row: Row) -> None:
    """Enter the next phase, or end with the last one."""
    later = [
        each for each in row["phases"] if each["start_date"] >= row["current_phase"]["end_date"]
    ]
    subscription = account.kind("subscription")[row["subscription"]]
    if not later:
        _end(account, row, subscription)
        return
    with revising(account, KIND, row["id"], "subscription_schedule.updated") as changed:
        enter(changed, later[0])
    change_subscription(account, subscription, change_to(account, subscription, later[0]))


def _end(account: Account, row: Row, subscription: Row) -> None:
    if row["end_behavior"] != "cancel":
        release(account, row)
        return
    with revising(account, KIND, row["id"], None) as changed:
        changed["status"] = "completed"
        changed["completed_at"] = account.now()
        changed["current_phase"] = None
    emit(account, "subscription_schedule.completed", changed)
    end_subscription(account, subscription, reason="cancellation_requested", is_planned=True)


def release(account: Account, row: Row) -> None:
    """Let the subscription go on by itself."""
    id = row["subscription"]
    with revising(account, KIND, row["id"], None) as changed:
        changed["status"] = "released"
        changed["released_at"] = account.now()
        changed["released_subscription"] = id
        changed["subscription"] = changed["current_phase"] = None
    emit(account, "subscription_schedule.released", changed)
    if id is not None:
        with revising(account, "subscription", id, "customer.subscription.updated") as subscription:
            subscription["schedule"] = None
