"""What was entered for a customer, by whomever: to be looked at, kept, or cleared."""

from __future__ import annotations

from dataclasses import dataclass

from portal import clock
from portal.customers.address import Address, form_of
from portal.customers.countries import countries
from portal.customers.held_tax_ids import held_tax_ids
from portal.customers.profile import search_text
from portal.database import run_sql

_SELECT = """SELECT first_name, last_name, organisation, phone, line1, line2, line3, city, state,
 postal_code, country FROM customer WHERE id = {}"""
_CLEAR = """UPDATE customer SET first_name = '', last_name = '', name = '', display_name = '',
 username = '', title = '', salutation = '', organisation = '', phone = '',
 phone_e164 = NULL, tax_id = '', tax_id_type = NULL, tax_id_refused = {}, line1 = '', line2 = '',
 line3 = '', city = '', search = {}, version = version + 1, updated_at = {} WHERE id = {}"""
CLEARED = (
    *("first_name", "last_name", "organisation", "phone", "tax_id"),
    *("line1", "line2", "line3", "city"),
)


@dataclass(frozen=True, slots=True)
class Entered:
    """The details of a customer that they may have kept or cleared; "" was not entered."""

    name: str
    organisation: str
    tax_id: str
    phone: str
    address: Address

    @property
    def is_personal(self) -> bool:
        """Tell whether there is anything that clearing would take away."""
        of_address = (self.address.line1, self.address.line2, self.address.line3, self.address.city)
        return any((self.name, self.organisation, self.tax_id, self.phone, *of_address))


async def entered_for(customer_id: str) -> Entered:
    """Return what was entered for a customer."""
    row = (await run_sql(_SELECT, customer_id))[0]
    return Entered(
        name=f"{row['first_name']} {row['last_name']}".strip(),
        organisation=row["organisation"],
        tax_id=", ".join(one.value for one in await held_tax_ids(customer_id)),
        phone=row["phone"],
        address=Address(**{name: row[name] for name in Address.__dataclass_fields__}),
    )


def written(address: Address, locale: str) -> str:
    """Write an address in one line, in the order of its country, with the country's name."""
    parts = []
    for field in form_of(address.country, locale).fields:
        text: str = getattr(address, field.name)
        parts.append(dict(field.options).get(text, text))
    parts.append(dict(countries(locale)).get(address.country, ""))
    return ", ".join(filter(None, parts))


async def clear_entered(customer_id: str) -> None:
    """Empty what was entered, but for where tax is due: country, area and postal code stay.

    Call it in a transaction.
    """
    (left,) = await run_sql("SELECT email, external_id FROM customer WHERE id = {}", customer_id)
    await run_sql(_CLEAR, False, search_text(left), clock.now(), customer_id)
    await run_sql("DELETE FROM customer_tax_id WHERE customer = {}", customer_id)
