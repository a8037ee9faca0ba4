"""What we know of a customer, as the fields of a form; and a form of theirs, read as details."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from portal.customers.address import Address
from portal.customers.answers import FormRules, Typed
from portal.customers.consents import EMAIL_MARKETING, answers_of
from portal.customers.details import CustomerDetails, read_details
from portal.customers.tables import Customer

FIELDS = (
    *("first_name", "last_name", "organisation", "phone", "country"),
    *("line1", "line2", "line3", "city", "state", "postal_code"),
)
_ASKED = ("names", "phone", "organisation")


def fields_of(customer: Customer) -> dict[str, str]:
    """Return what we know of a customer by the form's fields."""
    row = customer.to_dict()
    return {name: row[name] or "" for name in FIELDS}


def in_the_account(fields: Mapping[str, str]) -> dict[str, str]:
    """Return what an account asks: what a site leaves out of its sign-up form may be given here."""
    return {name: "required" if fields[name] == "required" else "optional" for name in _ASKED}


def details_of(customer: Customer) -> CustomerDetails:
    """Return the details of a customer as we have them; what they agreed to is kept elsewhere."""
    row = customer.to_dict()
    same = ("first_name", "last_name", "organisation", "phone", "phone_e164", "tax_id")
    more = ("tax_id_type", "email_unchecked", "locale", "billing_email")
    return CustomerDetails(
        **{name: row[name] for name in (*same, *more)},
        email=row["email"] or "",
        email_key=row["email_key"] or "",
        address=Address(**{name: row[name] for name in Address.__dataclass_fields__}),
        email_marketing=False,
        terms=False,
    )


async def read_change(customer: Customer, typed: Typed, rules: FormRules) -> CustomerDetails:
    """Read a customer's own form; what it does not ask stays as it is.

    Raises:
        InvalidDetails: every problem at once, in the order of the form.
    """
    asked = {name: text for name, text in typed.items() if name in FIELDS}
    read = read_details(asked | {"email": customer.email, "terms": "on"}, rules)
    return await with_the_rest(read, customer)


async def with_the_rest(details: CustomerDetails, customer: Customer) -> CustomerDetails:
    """Take what a customer's own form does not ask from what we have of them.

    Before it is written, take it from the row that is held: it may have changed meanwhile.
    """
    consents = await answers_of(str(customer.id))
    return replace(
        details,
        email=customer.email,
        email_key=customer.email_key,
        email_unchecked=customer.email_unchecked,
        email_marketing=EMAIL_MARKETING in consents and consents[EMAIL_MARKETING].given,
        tax_id=customer.tax_id,
        tax_id_type=customer.tax_id_type,
        locale=customer.locale,
        billing_email=customer.billing_email,
    )
