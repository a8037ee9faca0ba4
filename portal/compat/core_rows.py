"""The rows of document 001, which creates a customer, and what becomes of them."""

# ruff: noqa: E501
# A row reads as a row.

from __future__ import annotations

from portal.compat.rows import Row

_T = "compat/test_core.py::"
_ALL = f"{_T}test_every_parameter_reaches_the_customer"
_FILE = f"{_T}test_the_same_as_multipart_with_a_picture"
_SITE = f"{_T}test_the_site_has_to_be_the_key_s_company_s"
_GATE = f"{_T}test_without_a_key_401"
_WHO = f"{_T}test_one_of_three_identities_has_to_be_there"
_LONG = f"{_T}test_lengths_and_signs_are_kept"
_TIN = f"{_T}test_a_tax_id_is_typed_by_its_prefix_alone"
_PHONE = f"{_T}test_a_phone_has_5_to_20_digits_once_stripped"
_DNS = f"{_T}test_the_dns_check_is_skipped_with_the_scope_alone"
_TAKEN = f"{_T}test_a_taken_e_mail_or_identifier_is_409"
_WORD = f"{_T}test_a_password_is_kept_by_its_type"
_NEEDS = f"{_T}test_what_needs_another_parameter_says_so"
_ADOPT = f"{_T}test_a_customer_at_stripe_is_adopted_with_their_card"
_ZONE = f"{_T}test_time_zone_and_language_are_known_ones"

ROWS = (
    Row("S2-01", "`site_id` in the query, an integer, required", "as documented", "the site's number (its id is taken too); another company's: 404 not_found", _SITE),
    Row("S2-02", "`Authorization: Bearer …`, required", "as documented", "a key of ours; else 401", _GATE),
    Row("S2-03", "`email`: valid, unique, and its domain takes mail", "as documented", "email; 422 invalid_details. No TAP gateway is ever active here", _DNS),
    Row("S2-04", "`skip_email_dns_validations` skips the DNS part only", "as documented", "needs the scope customers:import", _DNS),
    Row("S2-05", "`first_name`, up to 255", "as documented", "first_name; longer: 400 invalid_body, string_too_long", _LONG),
    Row("S2-06", "`last_name`, up to 255", "as documented", "last_name; longer: 400 invalid_body, string_too_long", _LONG),
    Row("S2-07", "`phone`: non-numerics are stripped, 5 to 20 digits remain", "as documented", "phone as written, checked so; 422 invalid_details", _PHONE),
    Row("S2-08", "`tele_marketing`: consent", "as documented", "consents.telemarketing", _ALL),
    Row("S2-09", "`email_marketing`: consent", "as documented", "consents.email_marketing", _ALL),
    Row("S2-10", "`email_hardbounce`: mails to it fail for good", "as documented", "email_hard_bounced: we write no mail there", _ALL),
    Row("S2-11", "`metadata`: keys and values", "as documented", "metadata: up to 50 keys of 40 signs, values of 500", _ALL),
    Row("S2-12", "`old_provider_id`: unique in the account", "as documented", "external_id; taken: 409 external_id_taken", _TAKEN),
    Row("S2-13", "`display_name`, up to 100", "as documented", "display_name", _LONG),
    Row("S2-14", "`organization`, up to 255", "as documented", "organisation", _LONG),
    Row("S2-15", "Whether it was imported", "as documented", "`is_imported`: imported; needs the scope customers:import", _ALL),
    Row("S2-16", "Tax identification number", "as documented", "`tin`: a tax id, of the type that its prefix names (DE136695976); kept without a type, and not told to Stripe, where it has none: this document says no country", _TIN),
    Row("S2-17", "`password`, in the form that `password_type` names, else bcrypt", "as documented", "kept as the hash it is, made anew at their first sign-in; misfit: 422 unusable_password. Needs the scope customers:import", _WORD),
    Row("S2-18", "`password_type`: plain_text, password_bcrypt, md5, drupal_v8.2.x, bcrypt_wordpress, crypt", "as documented", "all six; a plain one is hashed at once and never kept or logged. Goes with `password`, and so needs the scope customers:import", _WORD),
    Row("S2-19", "`username`, up to 100 of A-Z, a-z, 0-9, - and _", "as documented", "username; other signs: 400", _LONG),
    Row("S2-20", "`title`, up to 255", "as documented", "title", _LONG),
    Row("S2-21", "`salutation`, up to 255", "as documented", "salutation", _LONG),
    Row("S2-22", "A time zone, or an alias of one", "as documented", "`time_zone` (or `timezone`): any name of IANA's data; else 422 invalid_details", _ZONE),
    Row("S2-23", "A language of two letters", "as documented", "`language`, one of ISO 639-1 (else 400 invalid_body): the nearest of the site's languages writes to them", _ZONE),
    Row("S2-24", "`payment_gateway_id`: the customer at the gateway", "as documented", "Stripe's cus_…, adopted; needs the scope customers:import. What Stripe refuses of it, 422 refused_by_stripe, makes nobody, and may be sent again mended", _ADOPT),
    Row("S2-25", "`import_payment_methods`, Stripe only", "as documented", "their methods at Stripe are theirs here, the default one ready for a plan", _ADOPT),
    Row("S2-26", "A picture: square, 150 by 150 or more; jpg, png, jpeg, jfif", "as documented", "`avatar` in multipart, drawn anew; else 422 invalid_details", _FILE),
    Row("S2-27", "Whether the e-mail is verified", "as documented", "`email_verified` (or `email_confirm`): no confirming; needs the scope customers:import", _ALL),
    Row("S2-28", "A billing e-mail", "as documented", "`billing_email`: billing.email", _ALL),
    Row("S2-29", "JSON, or multipart for the file", "as documented", "both", _FILE),
    Row("S2-30", "An e-mail, an old_provider_id or a display_name has to be there", "as documented", "422 identity_missing names all three", _WHO),
    Row("S2-31", "import_payment_methods needs payment_gateway_id; password_type needs password; an active TAP gateway needs e-mail, names and phone", "as documented", "422 password_missing, gateway_customer_missing; no TAP gateway is ever active here", _NEEDS),
    Row("S2-32", "One e-mail per account, across its sites; a second is refused", "as documented", "409 email_taken; whom Stripe had refused to make is none yet, and is made by it", _TAKEN),
    Row("S2-33", "An imported default source is told in the customers' list", "as documented", "`default_source` in the answer and in GET /compat/core/v1/customers", _ADOPT),
)  # fmt: skip
