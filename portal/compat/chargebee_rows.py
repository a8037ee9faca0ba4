"""The rows of document 003, which creates a customer from a form, and what lies around it."""

# ruff: noqa: E501
# A row reads as a row.

from __future__ import annotations

from portal.compat.rows import Row

_T = "compat/test_chargebee.py::"
_MADE = f"{_T}test_a_customer_is_made_from_a_form_and_told_back"
_LONG = f"{_T}test_lengths_are_kept"
_FORM = f"{_T}test_only_a_form_is_taken"
_WHO = f"{_T}test_who_was_before_the_program_goes_to_the_audit"
_QUIET = f"{_T}test_what_is_not_to_be_sent_is_not"
_ONCE = f"{_T}test_a_repeated_request_is_answered_alike"
_OWN = f"{_T}test_an_id_of_the_sellers_own_is_taken_once"
_OFF = f"{_T}test_who_pays_by_themselves_is_not_charged"
_VAT = f"{_T}test_a_vat_number_is_typed_by_its_country_and_xi_has_a_prefix"
_INTENT = f"{_T}test_an_authorised_payment_makes_its_card_theirs"
_RAW = f"{_T}test_a_card_by_its_number_is_refused_and_written_nowhere"
_TOKEN = f"{_T}test_a_token_becomes_their_card"
_CARD = f"{_T}test_the_address_of_a_card_is_checked_as_any_other"
_GATEWAY = f"{_T}test_other_gateways_are_not_set_up_here"
_KEPT = f"{_T}test_a_method_that_the_gateway_keeps_is_attached"
_BILLED = f"{_T}test_who_is_billed_and_where"
_STATE = f"{_T}test_states_are_told_by_code_where_the_country_has_them"
_ZIP = f"{_T}test_a_zip_is_one_of_its_country"
_SPLIT = f"{_T}test_an_update_leaves_the_address_and_billing_info_replaces_it"
_ENDED = f"{_T}test_a_customer_is_deleted_once"
_LIST = f"{_T}test_the_list_goes_on_from_its_offset"
_SHAPE = f"{_T}test_the_answer_tells_card_contacts_and_credits"
_NAV = f"{_T}test_what_lies_around_the_document_has_no_path"
_ERRORS = f"{_T}test_every_failure_has_the_document_s_words"
_OURS = f"{_T}test_what_fails_on_our_side_has_the_document_s_words"
_REFUSED = f"{_T}test_what_cannot_be_taken_is_refused_at_its_parameter"

ROWS = (
    Row("S4-H1", "`Content-Type`: application/x-www-form-urlencoded", "as documented", "anything else: 415 invalid_request", _FORM),
    Row("S4-H2", "`chargebee-request-origin-device`", "as documented", "kept with the audit for 30 days", _WHO),
    Row("S4-H3", "`chargebee-request-origin-user`: an ASCII e-mail address", "as documented", "kept with the audit for 30 days", _WHO),
    Row("S4-H4", "`chargebee-request-origin-user-encoded`: base64; then H3 is ignored", "as documented", "no base64: 400 param_wrong_value, which names the header", _WHO),
    Row("S4-H5", "`chargebee-request-origin-ip`", "as documented", "kept with the audit for 30 days; no address: 400 param_wrong_value", _WHO),
    Row("S4-H6", "`chargebee-event-email: all-disabled`", "mapped", "kept with the sign-up: no welcome is sent of it. This door sends no mail by itself", _QUIET),
    Row("S4-H7", "`chargebee-event-webhook: all-disabled`", "as documented", "no events to the seller's endpoints", _QUIET),
    Row("S4-H8", "`chargebee-event-actions: all-disabled`", "as documented", "neither of both, and no reminder of a sign-up left", _QUIET),
    Row("S4-H9", "`chargebee-idempotency-key`", "as documented", "a repeat is answered alike, with chargebee-idempotency-replayed; with another body: 422 unable_to_process_request", _ONCE),
    Row("S4-01", "`id`, up to 50; else made up", "as documented", "external_id, without white space and / ? #; unique among all sites of the company, also those that the key is not for: taken is 400 duplicate_entry, unless it names whom Stripe refused for good, who begin anew", _OWN),
    Row("S4-02", "`first_name`, up to 150", "as documented", "first_name; Stripe is given the first 256 signs of the whole name", _LONG),
    Row("S4-03", "`last_name`, up to 150", "as documented", "last_name; see S4-02", _LONG),
    Row("S4-04", "`email`, up to 70", "as documented", "email; one that another customer has makes another customer, who cannot sign in by it", _LONG),
    Row("S4-05", "`phone`, up to 50", "as documented", "phone; Stripe is given its international form, where it has one", _LONG),
    Row("S4-06", "`company`, up to 250", "mapped", "organisation; Stripe is given the first 150 signs", _LONG),
    Row("S4-07", "`auto_collection`: on, off", "mapped", "kept and told back, off with net_term_days 30. Of whom it is off when a subscription begins here, invoices are sent, and due in 30 days; what runs already goes on as it did", _OFF),
    Row("S4-08", "`allow_direct_debit`", "mapped", "kept and told back; which ways to pay there are is the Stripe account's to say", _OFF),
    Row("S4-09", "`vat_number`, up to 20; in XI its first two signs may be overridden by `vat_number_prefix`", "as documented", "a tax id, typed by the country; one that fits none is kept without a type", _VAT),
    Row("S4-10", "`taxability`: taxable, exempt", "mapped", "tax_exempt none, exempt; the tax is Stripe's, by the billing address. Avalara's fields: 400 invalid_request", _MADE),
    Row("S4-11", "`created_from_ip`, up to 50", "as documented", "created_from_ip, and Stripe's tax.ip_address; neither IPv4 nor IPv6: 400 param_wrong_value", _MADE),
    Row("S4-12", "`meta_data`: an object", "as documented", "as JSON or in brackets; 50 keys of 40 signs, values of 500; it takes the place of what there was", _MADE),
    Row("S4-13", "`invoice_notes`, up to 2000", "as documented", "the footer of each invoice at Stripe", _MADE),
    Row("S4-14", "`payment_intent.id`: an authorised one", "mapped", "a payment intent (pi_…) or setup intent (seti_…) of Stripe's; else 400 payment_intent_invalid", _INTENT),
    Row("S4-15", "`payment_intent.gateway_account_id`", "mapped", "stripe; another: 400 configuration_incompatible", _INTENT),
    Row("S4-16", "`payment_intent.gw_token`: what the gateway calls it", "mapped", "for Stripe the pi_… or seti_…: as payment_intent.id", _INTENT),
    Row("S4-17", "`payment_intent.reference_id`: Braintree's token", "refused", "400 configuration_incompatible", _GATEWAY),
    Row("S4-18", "`card.gateway`: one of 23", "mapped", "stripe; the others: 400 configuration_incompatible", _GATEWAY),
    Row("S4-19", "`card.tmp_token`, up to 300: single use", "mapped", "Stripe's tok_…; Braintree's and Authorize.Net's: 400 configuration_incompatible", _TOKEN),
    Row("S4-20", "`card.number`", "refused", "400 invalid_request: it names tmp_token, payment_intent and the portal, and is hidden before it could be logged", _RAW),
    Row("S4-21", "`card.expiry_month`", "refused", "400 invalid_request, as card.number", _RAW),
    Row("S4-22", "`card.expiry_year`", "refused", "400 invalid_request, as card.number", _RAW),
    Row("S4-23", "`card.cvv`", "refused", "400 invalid_request, as card.number", _RAW),
    Row("S4-24", "`card.first_name`, `card.last_name`, up to 50", "mapped", "taken, within its length; the token carries its own billing details", _TOKEN),
    Row("S4-25", "`card.billing_addr1`, `billing_addr2`, up to 150", "mapped", "taken, within its length; the token carries its own billing details", _TOKEN),
    Row("S4-26", "`card.billing_city` up to 50, `billing_zip` up to 20", "mapped", "checked, and not kept; no code of its country: 400 param_wrong_value", _CARD),
    Row("S4-27", "`card.billing_state_code`: without the country, of US, CA and IN", "mapped", "checked, and not kept: the token carries its own; no code of its country: 400 param_wrong_value", _CARD),
    Row("S4-28", "`card.billing_state`, up to 50", "mapped", "taken, within its length, and not kept: the token carries its own", _CARD),
    Row("S4-29", "`card.billing_country`: ISO 3166 alpha-2, or XI", "mapped", "checked, and not kept: the token carries its own; unknown: 400 param_wrong_value", _CARD),
    Row("S4-30", "`card.ip_address`", "mapped", "created_from_ip, where that is not given; neither IPv4 nor IPv6: 400 param_wrong_value", _TOKEN),
    Row("S4-31", "`payment_method.type`: one of 5", "mapped", "card; the others: 400 configuration_incompatible", _KEPT),
    Row("S4-32", "`payment_method.gateway`: one of 22", "mapped", "stripe; any other of card.gateway's 23: 400 configuration_incompatible", _KEPT),
    Row("S4-33", "`payment_method.reference_id`, up to 200: no single-use token", "mapped", "a pm_… is attached, and the default; unknown: 400 payment_method_verification_failed", _KEPT),
    Row("S4-34", "`billing_address.first_name`, `last_name`, up to 150", "mapped", "the billing contact: kept and told back; Stripe's invoices are made out to the customer", _BILLED),
    Row("S4-35", "`billing_address.email`, up to 70", "as documented", "the billing e-mail, to which Stripe sends invoices", _BILLED),
    Row("S4-36", "`billing_address.company`, up to 250", "mapped", "the billing contact: kept and told back; Stripe's invoices are made out to the customer", _BILLED),
    Row("S4-37", "`billing_address.phone`, up to 50", "mapped", "the billing contact: kept and told back; Stripe's invoices are made out to the customer", _BILLED),
    Row("S4-38", "`billing_address.line1`, `line2`, `line3`, up to 150 each", "as documented", "address; lines 2 and 3 are one to Stripe", _BILLED),
    Row("S4-39", "`billing_address.city`, up to 50", "as documented", "address.city", _BILLED),
    Row("S4-40", "`billing_address.state_code`: without the country, of US, CA and IN", "as documented", "address.state; else 400 param_wrong_value", _STATE),
    Row("S4-41", "`billing_address.state`, up to 50; set from the code", "as documented", "address.state where no code is given", _STATE),
    Row("S4-42", "`billing_address.zip`, up to 20, by the country's rules", "as documented", "address.postal_code, by Google's address data; else 400 param_wrong_value", _ZIP),
    Row("S4-43", "`billing_address.country`: ISO 3166 alpha-2, or XI", "as documented", "address.country; unknown: 400 param_wrong_value", _BILLED),
    Row("S4-N1", "3-D Secure: make a payment intent first, and pass it", "as documented", "see S4-14", _INTENT),
    Row("S4-N2", "Card numbers bring PCI duties; prefer the other ways", "refused", "400 invalid_request: the other ways are the only ones", _RAW),
    Row("S4-N3", "The billing address matters for EU VAT", "as documented", "Stripe works tax out by it, where the site taxes", _BILLED),
    Row("S4-N4", "Who pays offline needs a billing address passed", "mapped", "taken with or without one", _OFF),
    Row("S4-N5", "An invoice keeps the billing address of its day; empty names are the customer's", "mapped", "Stripe's invoices keep the address of their day, and are made out to the customer's own names", _BILLED),
    Row("S4-N6", "Update leaves address and VAT number; update_billing_info replaces all of it", "as documented", "passed to an update: 400 invalid_request", _SPLIT),
    Row("S4-N7", "Delete: for good, with subscriptions", "mapped", "at once; invoices stay at Stripe, as the law asks. delete_payment_method=false: 400 configuration_incompatible", _ENDED),
    Row("S4-N8", "List: `limit` 1–100 (10), an opaque `offset`", "as documented", "and filters id[is], email[is], created_at[after], created_at[before]", _LIST),
    Row("S4-N9", "Up to 6 contacts of a customer", "refused", "always []; their calls: 404 resource_not_found", _NAV),
    Row("S4-N10", "Portal sessions", "refused", "404 resource_not_found: POST /v1/portal_sessions makes ours", _NAV),
    Row("S4-N11", "The answer adds created_at, contacts, payment_method, account_credits, refundable_credits, excess_payments, card", "as documented", "account_credits is what Stripe's balance holds; what is not known is left out", _SHAPE),
    Row("S4-E400", "400: invalid_request, param_wrong_value, duplicate_entry, configuration_incompatible, payment_…", "as documented", "one problem at a time, with its param", _REFUSED),
    Row("S4-E401", "401: api_authentication_failed", "as documented", "no key, or none that is live", _ERRORS),
    Row("S4-E403", "403: api_authorization_failed", "as documented", "the key lacks the scope", _ERRORS),
    Row("S4-E404", "404: resource_not_found", "as documented", "unknown, deleted, or another company's", _ERRORS),
    Row("S4-E405", "405: http_method_not_supported", "as documented", "with Allow", _ERRORS),
    Row("S4-E409", "409: invalid_state_for_request", "as documented", "the same idempotency key is under way", _OURS),
    Row("S4-E422", "422: unable_to_process_request", "as documented", "an idempotency key with another body", _ONCE),
    Row("S4-E429", "429: api_request_limit_exceeded", "as documented", "with Retry-After", _ERRORS),
    Row("S4-E500", "500: internal_error", "as documented", "with request-id", _OURS),
    Row("S4-E503", "503: db_connection_failure, internal_temporary_error", "as documented", "with Retry-After; the repeat completes", _OURS),
)  # fmt: skip
