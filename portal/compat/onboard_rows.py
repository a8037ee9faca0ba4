"""The rows of document 000, which onboards a customer, and what becomes of them."""

# ruff: noqa: E501
# A row reads as a row.

from __future__ import annotations

from portal.compat.rows import Row

_T = "compat/test_onboard.py::"
_MADE = f"{_T}test_a_customer_is_made_and_answered_in_the_document_s_shape"
_AGAIN = f"{_T}test_the_same_e_mail_again_returns_the_present_customer_unchanged"
_READ = f"{_T}test_every_field_reaches_the_customer_s_own"
_ALIAS = f"{_T}test_the_other_version_s_address_names_are_taken_too"
_WRONG = f"{_T}test_every_wrong_field_is_named_with_400"
_GATE = f"{_T}test_without_a_key_401_and_without_the_scope_403"
_PLAN = f"{_T}test_with_a_plan_the_answer_links_to_the_billing_portal"
_SOLD = "compat/test_sold.py::test_who_is_known_is_sold_the_plan_once_and_keeps_another"
_OPEN = f"{_T}test_what_the_document_leaves_open_is_as_at_v1"
_NO_PLAN = f"{_T}test_without_a_plan_there_is_no_subscription"
_LATE = f"{_T}test_stripe_down_is_503_and_the_repeat_completes"
_ELSEWHERE = f"{_T}test_what_lies_around_the_document_has_no_path"

ROWS = (
    Row("S1-01", "One call makes a customer, and the customer at Stripe", "as documented", "a sign-up as at every door; the answer waits up to 10 s for Stripe's id", _MADE),
    Row("S1-02", "Production and staging are registered separately", "mapped", "an installation of its own: keys of test mode (portal_test_…) open nothing of a company in live mode", _GATE),
    Row("S1-03", "`email`, the only required field", "as documented", "email", _WRONG),
    Row("S1-04", "`firstName`, optional", "as documented", "first_name, up to 255", _READ),
    Row("S1-05", "`lastName`, optional", "as documented", "last_name, up to 255", _READ),
    Row("S1-06", "`phone`, optional, such as +1234567890", "as documented", "phone as written; as E.164 where its country's plan knows it, the site's if none is told. A number is taken as well", _READ),
    Row("S1-07", "`address`, an object, optional", "as documented", "address", _READ),
    Row("S1-08", "`address.street`, optional", "as documented", "address.line1", _READ),
    Row("S1-09", "`address.city`, optional", "as documented", "address.city", _READ),
    Row("S1-10", "`address.state`, optional: state or province", "as documented", "address.state: the code of ISO 3166-2 where a country with areas is told, else as written", _READ),
    Row("S1-11", "`address.postalCode`, optional", "as documented", "address.postal_code", _READ),
    Row("S1-12", "The country is not in the document; its other version has `country` and writes `line1`, `line2`, `postal_code`", "mapped", "these names are taken as well; where no country is told none is kept, and the address is taken as written", _ALIAS),
    Row("S1-13", "201, also when the customer was there before", "as documented", "201", _AGAIN),
    Row("S1-14", "The answer's `customer`: id, email, firstName, lastName, phone, address, stripeCustomerId, createdAt, updatedAt", "as documented", "id is ours (cust_…), the times are ISO 8601 with milliseconds and Z", _MADE),
    Row("S1-15", "`stripeCustomerId` at the top and inside the customer", "as documented", "Stripe's id (cus_…); 503 with Retry-After while Stripe has not answered", _LATE),
    Row("S1-16", "`message`: Customer successfully onboarded", "as documented", "of a customer who was there before: Customer already exists; with a plan, whether it is theirs now, another was left as it is, or they held it before: then it is not sold again, however often and late the call comes. A first payment that never came is no holding: such a plan is sold again, once in 7 days at most, and until then this says so", _SOLD),
    Row("S1-17", "The same e-mail returns the existing customer", "as documented", "unchanged: what was sent otherwise is not taken over. Whom Stripe had refused for good is none yet: the same e-mail makes them. Of a site that the key is not for, and with a plan of another than theirs: 409 email_taken. Only who holds a key is told (decision in docs/architecture.md: a public form never opens another's account)", _AGAIN),
    Row("S1-18", "A customer at Stripe is made by itself", "as documented", "one, however often it is asked", _AGAIN),
    Row("S1-19", "No payment method is taken here: Stripe's billing portal does that", "as documented", "with a plan, `subscriptionLink` leads there; else POST /v1/portal_sessions", _PLAN),
    Row("S1-20", "Other fields can be added later by an update", "mapped", "PATCH /v1/customers/{id}: this document describes no update", _ELSEWHERE),
    Row("S1-21", "400: invalid customer data, or setting up payment failed", "as documented", "problem+json with every wrong field in errors[]; what Stripe refused, the customer or the plan: refused_by_stripe, and mended data may be sent with the same e-mail", _WRONG),
    Row("S1-22", "401: no token, or not a valid one", "as documented", "key_missing, key_invalid", _GATE),
    Row("S1-23", "403: insufficient permissions", "as documented", "insufficient_scope", _GATE),
    Row("S1-24", "Not in the document: lengths, other errors, whether a known customer is changed", "mapped", "as at /v1: 429, 503; 400 invalid_body where longer; unchanged. No answer is kept: the e-mail makes it one customer", _OPEN),
    Row("S1-25", "Use: a new customer registers", "as documented", "this call", _MADE),
    Row("S1-26", "Use: before a subscription is set up", "as documented", "without `planId` nothing is subscribed, whatever the site's default plan; the same call with one subscribes who is known and never held it; what is due waits until they pay by the link: nothing on file is charged for it, except by Stripe when a trial ends. What was never paid is no holding", _NO_PLAN),
    Row("S1-27", "Use: import from another system", "mapped", "this call, safe to repeat; POST /v1/customers takes what an import needs besides", _AGAIN),
    Row("S1-28", "Onboard and subscribe: `planId` (a number, required there), `successUrl`, `cancelUrl`", "mapped", "optional: the same call does both. The place in the site's list of plans counted from 1, or a plan's key. Stripe's page goes on to successUrl once it has a payment method, and back to cancelUrl; both have to lie at one of the site's return_origins (return_url_not_listed)", _PLAN),
    Row("S1-29", "`subscriptionLink`, which may be null", "as documented", "a session of Stripe's billing portal; who is known is subscribed, too. Who held the plan before, or did not pay for it within the last 7 days: their account's page, where they sign in themselves. null where they hold another plan, where the key lacks portal:create, where nothing is to be paid, where as many were made within the hour as a customer may have, or where Stripe gave none", _SOLD),
    Row("S1-30", "Around it: policyholders, carriers, invoices, refunds", "not here", "404: another product's", _ELSEWHERE),
)  # fmt: skip
