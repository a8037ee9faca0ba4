"""The rows of document 004, which makes, changes, finds, lists and deletes customers as Stripe."""

# ruff: noqa: E501
# A row reads as a row.

from __future__ import annotations

from portal.compat.rows import Row

_T = "compat/test_stripe.py::"
_MADE = f"{_T}test_a_customer_is_made_and_told_as_stripe_has_them"
_ONLY = f"{_T}test_what_only_stripe_makes_use_of_reaches_it"
_META = f"{_T}test_metadata_merges_and_our_marks_stay_ours"
_NONE = f"{_T}test_there_is_no_search"
_CARD = f"{_T}test_a_payment_method_comes_with_the_customer"
_TOKEN = f"{_T}test_a_token_becomes_the_card_and_what_is_owed_is_paid_once"
_GONE = f"{_T}test_parameters_that_left_the_api_are_refused_by_name"
_CLOCK = f"{_T}test_a_customer_on_a_test_clock_is_listed_by_it_alone"
_CHANGED = f"{_T}test_what_is_passed_changes_and_empty_text_takes_away"
_DELETED = f"{_T}test_a_deleted_customer_remains_as_a_tombstone"
_LISTED = f"{_T}test_the_list_is_newest_first_and_goes_by_its_filters"
_WRONG = f"{_T}test_what_cannot_be_taken_is_refused_in_stripe_s_words"
_GATE = f"{_T}test_the_key_is_taken_as_bearer_and_as_basic"
_ONCE = f"{_T}test_the_same_key_with_other_parameters_is_an_error"

ROWS = (
    Row("S5-01", "`address`: city, country, line1, line2, postal_code, state; empty text clears", "mapped", "the billing address; a country by its 2-letter code, else 400 country_code_invalid. XI (Northern Ireland) is GB to Stripe, and told back as XI", _MADE),
    Row("S5-02", "`description`", "as documented", "up to 350, kept for Stripe", _ONLY),
    Row("S5-03", "`email`, up to 512", "mapped", "up to 254, as RFC 5321 has it: 400. One that another customer has makes another customer, who cannot sign in by it", _MADE),
    Row("S5-04", "`metadata`: an empty value unsets a key, an empty whole all of them", "mapped", "50 keys of 40 signs, values of 500. Our own marks (portal, site, customer, onboarding, operation, region) are not shown; to set one: 400. They take room at Stripe, which is given the first 44; the others are kept here, and told with them", _META),
    Row("S5-05", "`name`: full or business name", "mapped", "name, up to 256; business_name (up to 150) is the organisation, individual_name is kept for Stripe", _MADE),
    Row("S5-06", "`payment_method`: attached to the customer", "mapped", "and the default for their invoices, so that it is charged; unknown: 400 resource_missing", _CARD),
    Row("S5-07", "`phone`", "mapped", "up to 20, told back as it was written; to Stripe goes its international form, where it has one", _MADE),
    Row("S5-08", "`shipping`: address and name, perhaps phone", "mapped", "the shipping address; a name of up to 200, a country as in S5-01, but XI is told back as GB", _MADE),
    Row("S5-09", "`balance`, an integer of minor units", "as documented", "at Stripe alone", _ONLY),
    Row("S5-10", "`cash_balance`: settings.reconciliation_mode", "as documented", "at Stripe alone", _ONLY),
    Row("S5-11", "`coupon`", "refused", "it left the API: 400 parameter_unknown; discounts go on the subscription", _GONE),
    Row("S5-12", "`invoice_prefix`", "as documented", "1 to 12 signs of A–Z and 0–9", _ONLY),
    Row("S5-13", "`invoice_settings`: custom_fields, default_payment_method, footer, rendering_options", "mapped", "footer is the invoice notes (up to 2000); default_payment_method is attached, where it is not yet, and becomes the default, as in S5-26; the rest is kept for Stripe", _ONLY),
    Row("S5-14", "`next_invoice_sequence`", "as documented", "at Stripe alone", _ONLY),
    Row("S5-15", "`preferred_locales`, in order", "as documented", "locales; up to 20", _ONLY),
    Row("S5-16", "`promotion_code`", "refused", "it left the API: 400 parameter_unknown; discounts go on the subscription", _GONE),
    Row("S5-17", "`source`: a token, which becomes the active source", "mapped", "a tok_… becomes a payment method, attached and the default; a card by its number: 400 raw_card_refused", _TOKEN),
    Row("S5-18", "`tax`: ip_address, validate_location", "mapped", "ip_address (IPv4 or IPv6, else 400) is created_from_ip, and goes to Stripe; so does validate_location. Where the site taxes by itself, a new customer's is immediately unless something else is told", _ONLY),
    Row("S5-19", "`tax_exempt`: none, exempt, reverse", "as documented", "tax_exempt", _ONLY),
    Row("S5-20", "`tax_id_data`: type and value of each", "mapped", "tax ids, up to five; one that Stripe does not take is flagged, and the customer made", _MADE),
    Row("S5-21", "`test_clock` ties a customer to a test clock", "as documented", "of a new customer. Stripe knows such clocks in test mode alone: one that it does not know is 400", _CLOCK),
    Row("S5-22", "`expand`; `validate`, newer than the document", "mapped", "by expand[0] or expand[]: tax_ids, subscriptions (what our copies tell of them, to keys with subscriptions:read) and default_source (always null); in a list with data. before. validate is taken: every card is validated", _ONLY),
    Row("S5-23", "Returns the customer, or an error for bad parameters", "as documented", "200; 400 with type, code, param and message", _WRONG),
    Row("S5-24", "The object: id, object, address, balance, created, currency, default_source, delinquent, description, discount, email, invoice_prefix, invoice_settings, livemode, metadata, name, next_invoice_sequence, phone, preferred_locales, shipping, tax_exempt, test_clock", "as documented", "what Stripe last told of them, by its own id (cus_…); created is when they came to us", _MADE),
    Row("S5-25", "Update: what is not passed stays", "as documented", "answered once Stripe has it", _CHANGED),
    Row("S5-26", "Update with `source`: the newest open invoice of a past_due subscription is tried once more; `default_source` does not do that", "mapped", "paid once by the new card. default_source takes a pm_…, makes it the default, and no invoice that is open by then is tried with it: the customer's account tells it as due", _TOKEN),
    Row("S5-27", "Retrieve: of a deleted customer id, object and deleted", "as documented", "200; unknown, or another company's: 404 resource_missing", _DELETED),
    Row("S5-28", "List: newest first; `email` exactly, case told apart; `created`, `limit` 1–100 (10), `starting_after`, `ending_before`, `test_clock`", "as documented", "customers that Stripe has; both cursors at once: 400", _LISTED),
    Row("S5-29", "The list: object, url, has_more, data", "as documented", "its url: /v1/customers", _LISTED),
    Row("S5-30", "Delete: subscriptions end at once, the customer stays as a tombstone", "as documented", "id, object, deleted; a second time: 404 resource_missing", _DELETED),
    Row("S5-31", "Search, newer than the document", "refused", "no such call: GET is 400 parameter_unknown for `query`, and 404 resource_missing without; filter the list, or ask our own API", _NONE),
    Row("S5-32", "The secret key as the user of Basic authentication", "as documented", "or as a Bearer; a key of ours. None or a wrong one: 401", _GATE),
    Row("S5-33", "Idempotency-Key: the same with other parameters is an error", "as documented", "400 idempotency_error; still under way: 409 idempotency_key_in_use", _ONCE),
)  # fmt: skip
