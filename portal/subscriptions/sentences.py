"""What a customer reads about their plan: one word and one sentence for each way it can stand."""

from __future__ import annotations

from portal.errors import Problem

TRIAL = Problem("trial", "Trial")
ACTIVE = Problem("active", "Active")
CANCELLED = Problem("cancelled", "Cancelled")
PAYMENT_DUE = Problem("payment_due", "Payment due")
DECLINED = Problem("declined", "Card declined")
TO_CONFIRM = Problem("to_confirm", "Confirm with your bank")
PAYING = Problem("paying", "Payment under way")
PAUSED = Problem("paused", "Paused")
RESUMING = Problem("resuming", "Resuming")
EXPIRED = Problem("expired", "Expired")
ENDED = Problem("ended", "Ended")
CLOSED = Problem("closed", "Closed")
CHECKING = Problem("checking", "One moment")

TRIAL_GOES_ON = Problem(
    "trial_goes_on", "Your trial runs until {date}. Then your plan goes on for {amount}."
)
TRIAL_DISCOUNTED = Problem(
    "trial_discounted",
    "Your trial runs until {date}. Then your plan goes on for {amount}, and for {later} when the"
    " discount is over.",
)
TRIAL_THEN_NOTHING = Problem(
    "trial_then_nothing",
    "Your trial runs until {date}. Nothing is charged then. Your plan costs {later} when the"
    " discount is over.",
)
TRIAL_THEN_FREE = Problem("trial_then_free", "Your trial runs until {date}. Nothing is due then.")
TRIAL_CANCELLED = Problem(
    "trial_cancelled", "Your trial runs until {date}, then it ends. Nothing will be charged."
)
TRIAL_WITHOUT_CARD = {
    "cancel": Problem(
        "trial_without_card_cancel",
        "Your trial runs until {date}. Without a payment method your plan ends then.",
    ),
    "pause": Problem(
        "trial_without_card_pause",
        "Your trial runs until {date}. Without a payment method your plan pauses then.",
    ),
    "create_invoice": Problem(
        "trial_without_card_invoice",
        "Your trial runs until {date}. Add a payment method: {amount} is due then.",
    ),
}

ACTIVE_RENEWS = Problem("active_renews", "Your plan is active. {amount} is charged on {date}.")
ACTIVE_DISCOUNTED = Problem(
    "active_discounted",
    "Your plan is active. {amount} is charged on {date}, and {later} when the discount is over.",
)
ACTIVE_NOTHING = Problem(
    "active_nothing",
    "Your plan is active. Nothing is charged on {date}. It costs {later} when the discount is"
    " over.",
)
ACTIVE_CHANGES = Problem(
    "active_changes", "Your plan is active. On {date} it changes as planned: {amount} is charged."
)
ACTIVE_BECOMES_FREE = Problem(
    "active_becomes_free",
    "Your plan is active. On {date} it changes as planned, and nothing is charged.",
)
ACTIVE_PLAIN = Problem("active_plain", "Your plan is active.")
ACTIVE_FREE = Problem("active_free", "Your plan is active and costs nothing.")
ACTIVE_CANCELLED = Problem(
    "active_cancelled", "Your plan is cancelled. You can use it until {date}."
)
ACTIVE_WITHOUT_CARD = Problem(
    "active_without_card",
    "Your plan is active. Add a payment method before {date}, when {amount} is due.",
)

FIRST_WITHOUT_CARD = Problem(
    "first_without_card",
    "Your plan starts when {amount} is paid. Add a payment method by {date}.",
)
FIRST_NOT_TRIED = Problem(
    "first_not_tried", "Your plan starts when {amount} is paid. Pay it by {date}."
)
FIRST_DECLINED = Problem(
    "first_declined",
    "Your card was declined. Your plan starts when {amount} is paid: try another card by {date}.",
)
FIRST_TO_CONFIRM = Problem(
    "first_to_confirm",
    "Your bank wants you to confirm the payment of {amount}. Your plan starts as soon as you have:"
    " please do so by {date}.",
)
FIRST_PAYMENT_MISSED = Problem(
    "first_payment_missed",
    "The first payment did not come in time, so nothing was charged. You can take the plan again.",
)
LATER_WITHOUT_CARD = Problem(
    "later_without_card",
    "{amount} is due and there is no payment method. Add one to keep your plan.",
)
LATER_NOT_TRIED = Problem("later_not_tried", "{amount} is due. Pay it to keep your plan.")
LATER_DECLINED = Problem(
    "later_declined", "Your card was declined and {amount} is due. Try another card."
)
LATER_TO_CONFIRM = Problem(
    "later_to_confirm", "Your bank wants you to confirm the payment of {amount}."
)
BEING_PAID = Problem("being_paid", "We are taking the payment of {amount}. This takes a moment.")

PAUSED_BY_CHOICE = Problem(
    "paused_by_choice", "Your plan is paused. Nothing is charged until you resume it."
)
PAUSED_WITHOUT_CARD = Problem(
    "paused_without_card",
    "Your trial is over and your plan is paused. Add a payment method and it goes on.",
)
PAUSED_DECLINED = Problem(
    "paused_declined", "Your card was declined, so your plan is still paused. Try another card."
)
PAUSED_TO_CONFIRM = Problem(
    "paused_to_confirm",
    "Your bank wants you to confirm the payment of {amount}. Then your plan goes on.",
)
BEING_RESUMED = Problem("being_resumed", "Your plan is starting again. This takes a moment.")

PLAN_ENDED = Problem("plan_ended", "Your plan has ended.")
PLAN_ENDED_ON = Problem("plan_ended_on", "Your plan ended on {date}.")
ACCOUNT_GONE = Problem("account_gone", "Your billing account was closed. Write to us to open it.")
BEING_CHECKED = Problem("being_checked", "We are checking how your plan stands.")
