"""What each operation does: the one map from its kind to the step that runs it."""

from __future__ import annotations

from portal.access.email_change import SEND_EMAIL_CHANGE, SEND_EMAIL_CHANGED
from portal.access.email_letters import send_to_former, send_to_new
from portal.access.links import SEND_SIGN_IN
from portal.access.notice import SEND_SECURITY_NOTICE, send_security_notice
from portal.access.resume import SEND_RESUME, send_resume
from portal.access.send import send_sign_in
from portal.customers import at_stripe, payment_adopted, tax_ids_at_stripe
from portal.customers.erased import DELETE_CUSTOMER, ERASE_CUSTOMER
from portal.onboarding import adopt, holds, steps
from portal.onboarding.welcome_mail import SEND_WELCOME, send_welcome
from portal.operations.step import Step
from portal.privacy.abandoned import CHECK_ABANDONED
from portal.privacy.delete import delete_step
from portal.privacy.erase import erase_customer
from portal.privacy.erasure import SEND_ERASURE
from portal.privacy.erasure_mail import send_erasure
from portal.privacy.remove import check_abandoned
from portal.reconciliation.surplus import remove_surplus
from portal.subscriptions import (
    cancel,
    mails_owed,
    pause,
    payment,
    plan_mails,
    switch,
    switch_at_stripe,
    usage_at_stripe,
    withdraw,
)
from portal.subscriptions.by_hand import SEND_BY_HAND, send_by_hand
from portal.subscriptions.change_mail import SEND_CHANGE, send_change
from portal.subscriptions.declared_mails import SEND_DECLARATION, send_declaration
from portal.subscriptions.declared_several import SEND_DECLARATIONS, send_declarations
from portal.subscriptions.doubles import REMOVE_SURPLUS

STEPS: dict[str, Step] = {
    steps.CREATE_CUSTOMER: steps.create_customer,
    adopt.ADOPT_CUSTOMER: adopt.adopt_customer,
    holds.RELEASE_HOLD: holds.release_hold,
    steps.CREATE_SUBSCRIPTION: steps.create_subscription,
    at_stripe.UPDATE_CUSTOMER: at_stripe.update_customer,
    payment_adopted.ATTACH_METHOD: payment_adopted.attach_method,
    tax_ids_at_stripe.SET_TAX_ID: tax_ids_at_stripe.set_tax_id,
    tax_ids_at_stripe.CHANGE_TAX_ID: tax_ids_at_stripe.change_tax_id,
    payment.PAY_INVOICE: payment.pay_invoice,
    payment.RESUME_SUBSCRIPTION: payment.resume_subscription,
    cancel.CANCEL_PLAN: cancel.cancel_step,
    cancel.KEEP_PLAN: cancel.keep_step,
    switch.SWITCH_PLAN: switch_at_stripe.switch_step,
    switch.PLAN_SWITCH: switch_at_stripe.plan_step,
    switch.STAY_ON_PLAN: switch_at_stripe.stay_step,
    withdraw.WITHDRAW_PLAN: withdraw.withdraw_step,
    pause.PAUSE_PLAN: pause.pause_step,
    pause.RESUME_PLAN: pause.resume_step,
    usage_at_stripe.SEND_USAGE: usage_at_stripe.send_usage_step,
    REMOVE_SURPLUS: remove_surplus,
    ERASE_CUSTOMER: erase_customer,
    DELETE_CUSTOMER: delete_step,
    CHECK_ABANDONED: check_abandoned,
    SEND_SIGN_IN: send_sign_in,
    SEND_ERASURE: send_erasure,
    SEND_WELCOME: send_welcome,
    SEND_CHANGE: send_change,
    SEND_BY_HAND: send_by_hand,
    SEND_RESUME: send_resume,
    SEND_DECLARATION: send_declaration,
    SEND_DECLARATIONS: send_declarations,
    mails_owed.SEND_PAYMENT_FAILED: plan_mails.send_payment_failed,
    mails_owed.SEND_PLAN_ENDED: plan_mails.send_plan_ended,
    mails_owed.SEND_PLAN_PAUSED: plan_mails.send_plan_paused,
    mails_owed.SEND_TRIAL_ENDING: plan_mails.send_trial_ending,
    mails_owed.SEND_CARD_EXPIRING: plan_mails.send_card_expiring,
    SEND_SECURITY_NOTICE: send_security_notice,
    SEND_EMAIL_CHANGE: send_to_new,
    SEND_EMAIL_CHANGED: send_to_former,
}
