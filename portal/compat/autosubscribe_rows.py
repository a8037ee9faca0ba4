"""The rows of document 002, which creates and subscribes a customer, and what becomes of them."""

# ruff: noqa: E501
# A row reads as a row.

from __future__ import annotations

from portal.compat.rows import Row

_T = "compat/test_autosubscribe.py::"
_MADE = f"{_T}test_a_customer_is_made_and_subscribed_in_one_call"
_PATH = f"{_T}test_company_and_country_of_the_path_have_to_be_the_key_s"
_GATE = f"{_T}test_without_a_key_401_in_the_document_s_envelope"
_NEEDED = f"{_T}test_e_mail_identifier_and_country_are_required_and_no_more"
_TYPES = f"{_T}test_phone_and_zip_code_are_numbers_or_strings"
_ZIP = f"{_T}test_a_zip_code_is_required_in_the_united_states"
_PLAN = f"{_T}test_plan_and_trial_can_be_chosen"
_AGAIN = f"{_T}test_the_same_customer_again_is_returned_and_a_mixed_one_refused"
_SHAPE = "compat/test_autosubscribe_words.py::test_a_customer_is_written_as_in_the_document"
_GET = "compat/test_autosubscribed.py::test_a_customer_is_told_with_the_subscription"
_UPDATE = "compat/test_autosubscribed.py::test_a_subscription_is_changed_and_cancelled"
_USE = "compat/test_autosubscribed.py::test_usage_is_sent_once_and_told"
_NAV = f"{_T}test_what_lies_around_the_document_has_no_path"
_SOLD = "compat/test_sold.py::test_door_002_sells_to_who_is_known_and_tells_what_they_hold"
_HOOKS = "subscriptions/test_announced.py::test_document_002s_events_have_its_form"
_VERSIONS = (
    "plans/test_apply.py::test_a_new_price_is_a_new_version_that_present_subscribers_do_not_pay"
)

ROWS = (
    Row("S3-01", "POST /v1/company/{companyId}/country/{countryId}/customer; a sandbox host of its own", "as documented", "below /compat; the sandbox is a key of test mode", _MADE),
    Row("S3-02", "`companyId`, COM-…", "as documented", "our comp_… written so, or as it is; not the key's company: 404 not_found", _PATH),
    Row("S3-03", "`countryId`, CON-…: the seller's market", "as documented", "our site_… written so, as it is, or its number; not the key's company's: 404 not_found", _PATH),
    Row("S3-04", "`Authorization: Bearer …`", "as documented", "a key of ours; else 401", _GATE),
    Row("S3-05", "`Content-Type: application/json`", "as documented", "else 415", _GATE),
    Row("S3-06", "`email`, required", "as documented", "email", _NEEDED),
    Row("S3-07", "`customer_identifier`, required: the seller's own id", "as documented", "external_id, up to 255", _NEEDED),
    Row("S3-08", "`first_name`: optional in its prose, required in its schema", "mapped", "optional: the prose is followed", _NEEDED),
    Row("S3-09", "`last_name`: the same contradiction", "mapped", "optional", _NEEDED),
    Row("S3-10", "`phone`: a string in its prose, an integer in its schema", "mapped", "optional; either is taken, and a string is answered", _TYPES),
    Row("S3-11", "`country_code`, required, ISO 3166-1 alpha-2", "as documented", "address.country; unknown: 422 invalid_details", _NEEDED),
    Row("S3-12", "`state_code`: optional in its prose, required in its schema", "mapped", "optional; address.state", _NEEDED),
    Row("S3-13", "`city`: the same contradiction", "mapped", "optional; address.city", _NEEDED),
    Row("S3-14", "`zipcode`: string or integer; required if the country is USA", "mapped", "either is taken; required where country_code is US (USA is a slip: the codes are alpha-2): 422. An integer gets the zeros back that it began with, by the form of the country's codes", _ZIP),
    Row("S3-15", "`trial_days`, optional: instead of the default trial", "as documented", "needs the scope trials:override", _PLAN),
    Row("S3-16", "`plan_id`, optional: instead of the default plan", "as documented", "a plan's key or id, also an exclusive one's; unknown: 404 plan_not_on_offer. Who is known, holds none and never held it is subscribed to it, too, and what is due waits for them: nothing on file is charged for it, except by Stripe when a trial ends. Who held it before is not, and is told so by `account_link` (`/account`). A first payment that never came is no holding: such a plan is sold again, once in 7 days at most, and `account_link` is told until then", _SOLD),
    Row("S3-17", "A default plan is assigned at sign-up", "as documented", "the site's; also to who is known and never had any, and not to who left", _SOLD),
    Row("S3-18", "One call makes the customer and activates the subscription", "as documented", "the answer does not wait for Stripe: GET tells the subscription once it is there", _MADE),
    Row("S3-19", "200, `{status, value}`", "as documented", "200, also for who is there before, then with the `subscription` that they hold, or held last: it is left as it is. Of another market: 409 email_taken. Whom Stripe had refused is made anew", _AGAIN),
    Row("S3-20", "`value`: email, firstName, lastName, phone (a string), address, tsid, customer_identifier, created_at and updated_at (milliseconds), company_tsid, country_tsid", "as documented", "camelCase and snake_case as the document mixes them", _MADE),
    Row("S3-21", "`address`: city, country and state as full names, line1 and line2 null, city_code, country_code, postal_code (a string), state_code", "as documented", "names by Babel and Google's address data; city_code is the city", _SHAPE),
    Row("S3-22", "No errors are documented", "mapped", "{status: false, error: {code, message, fields}} with 400, 401, 403, 404, 409, 415, 422, 429 and 503", _GATE),
    Row("S3-23", "Get a customer with their subscription", "as documented", "GET …/customer/{customer_identifier or CUS-…}", _GET),
    Row("S3-24", "Cancel and update a subscription; create one", "mapped", "POST …/cancel_subscription (END_OF_CYCLE, IMMEDIATE), PUT …/subscription (plan_id, quantity); an end_date is refused: 422 end_date_refused. POST …/customer with a plan_id makes one for who holds none and never held that plan", _UPDATE),
    Row("S3-25", "The webhook customer.subscription_status.update", "as documented", "ACTIVE, TRIAL, ON_HOLD with a reason, PAUSE, CANCELLED; to endpoints that name it", _HOOKS),
    Row("S3-26", "The webhook addon.purchase.success", "as documented", "data.addon with its price, transaction_tsid, status; to endpoints that name it", _HOOKS),
    Row("S3-27", "Send usage; checkpoints; entitlements of meters", "mapped", "POST …/usage with timestamp, meter_id, qty: 202, each once for its customer, meter and time; GET …/usage tells totals. Checkpoints and entitlements: 404, no call of ours", _USE),
    Row("S3-28", "A pricing widget", "not here", "the page of plans at the site's address; not an API", _NAV),
    Row("S3-29", "An account widget", "not here", "the account's pages (/account); not an API", _NAV),
    Row("S3-30", "A subscribe button", "not here", "a link to /signup?plan=…; not an API", _NAV),
    Row("S3-31", "Keys with a label and a scope, shown once", "as documented", "`portal keys create`", "access/test_keys.py::test_a_key_is_found_by_its_text_alone"),
    Row("S3-32", "Standard plans, and exclusive ones for one customer", "as documented", "visibility standard and exclusive: `plan_id` takes either, since it is the seller who asks; `portal grant` puts an exclusive one on offer to a customer", _PLAN),
    Row("S3-33", "Versions of plans; who has an old one keeps it", "mapped", "another price is another version, which nobody is moved to; none is named at this door", _VERSIONS),
    Row("S3-34", "Pages on add-ons, invoices, payments, tax, refunds, settings", "not here", "another product's guides; not an API", _NAV),
)  # fmt: skip
