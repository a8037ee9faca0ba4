"""Take everything out of our tables that says who somebody is; what is left names nobody."""

# ruff: noqa: S608
# What is put together into SQL here are names of our own tables.

from __future__ import annotations

from portal import clock
from portal.access.repeats import empty_answers
from portal.customers.erased import ERASE_CUSTOMER, ERASED
from portal.database import run_sql
from portal.onboarding.adopt import ADOPT_CUSTOMER
from portal.onboarding.holds import RELEASE_HOLD
from portal.onboarding.steps import CREATE_CUSTOMER
from portal.privacy.holdings import HOLDINGS
from portal.subscriptions.by_hand import SEND_BY_HAND
from portal.subscriptions.withdraw import WITHDRAW_PLAN

# Each {} stands for the customer's id.
_EMPTY = (
    "UPDATE onboarding SET coupon = '', problem_text = '', success_url = '', cancel_url = ''"
    " WHERE customer = {}",
    "UPDATE billing_profile SET billing_email = '', payment_method = NULL, card_brand = '',"
    " card_last4 = '', card_exp_month = 0, card_exp_year = 0, details_hash = '', object = ''"
    " WHERE customer = {}",
)
_BLANK = """UPDATE customer SET email = NULL, email_key = NULL, email_verified_at = NULL,
 email_unchecked = {}, email_hard_bounced = {}, external_id = NULL, first_name = '',
 last_name = '', name = '', display_name = '', username = '', title = '', salutation = '',
 organisation = '', phone = '', phone_e164 = NULL, tax_id = '', tax_id_type = NULL,
 tax_id_refused = {}, line1 = '', line2 = '', line3 = '', city = '', state = '', postal_code = '',
 country = '', locale = 'en', time_zone = '', billing_email = '', locales = '[]',
 tax_exempt = 'none', auto_collection = {}, allow_direct_debit = {}, imported = {}, metadata = {},
 stripe_settings = {}, created_from_ip = '', invoice_notes = '', search = '', refused_field = '',
 status = {}, version = version + 1, updated_at = {} WHERE id = {}"""

# What has not gone out goes no more. A customer who may be made there already has to be found
# first, money that is owed back, or only held, is given back, or the seller is told to, and what
# runs at this moment ends by itself: the erasure waits for all that is in its lane.
_CALL_OFF = """DELETE FROM operation WHERE customer = {} AND kind NOT IN ({}, {})
 AND state IN ('ready', 'refused') AND lease_token IS NULL
 AND NOT (state = 'ready' AND (kind IN ({}, {})
  OR (kind IN ({}, {}) AND first_sent_at IS NOT NULL)))"""
_FORGET = """UPDATE operation SET params = {}, error_text = ''
 WHERE customer = {} AND state IN ('done', 'failed')"""


async def wipe(customer: str) -> None:
    """Empty a customer's rows, in a transaction that holds them. Safe to repeat."""
    made = (CREATE_CUSTOMER, ADOPT_CUSTOMER)
    goes_on = (SEND_BY_HAND, WITHDRAW_PLAN, RELEASE_HOLD)
    await run_sql(_CALL_OFF, customer, ERASE_CUSTOMER, *goes_on, *made)
    await run_sql(_FORGET, "{}", customer)
    for holding in HOLDINGS:
        if not holding.stays:
            await run_sql(
                f"DELETE FROM {holding.table._meta.tablename} WHERE {holding.found_by}",
                *([customer] * holding.found_by.count("{}")),
            )
    await empty_answers(customer)
    for statement in _EMPTY:
        await run_sql(statement, customer)
    as_at_first = (False, False, False, True, False, False, "{}", "{}")
    await run_sql(_BLANK, *as_at_first, ERASED, clock.now(), customer)
