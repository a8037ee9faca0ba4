"""What somebody says of themselves at sign-up: text in, details or every problem out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, PlainValidator, ValidationError, ValidationInfo
from pydantic_core import PydanticCustomError

from portal.customers import answers
from portal.customers.address import Address
from portal.customers.answers import FormRules, Reading, Typed, Wrong
from portal.customers.email import Email
from portal.customers.phone import Phone
from portal.customers.tax_id import TaxId
from portal.customers.text import clean
from portal.errors import InvalidDetails, Problem

__all__ = ["CustomerDetails", "FormRules", "check_field", "read_details", "warnings_of"]


@dataclass(frozen=True, slots=True)
class CustomerDetails:
    """A customer's details, each checked and within the length that every room takes."""

    email: str
    email_key: str
    first_name: str
    last_name: str
    organisation: str
    phone: str
    phone_e164: str | None
    tax_id: str
    tax_id_type: str | None
    address: Address
    email_marketing: bool
    terms: bool
    email_unchecked: bool = False
    locale: str = "en"
    billing_email: str = ""


def _by(read: Callable[[Any, Reading], Any]) -> PlainValidator:
    def validate(value: Any, info: ValidationInfo[Reading]) -> Any:
        try:
            return read(value, info.context)
        except Wrong as wrong:
            problems = {"problems": wrong.problems}
            raise PydanticCustomError("wrong", "see problems", problems) from wrong

    return PlainValidator(validate)


class _Answers(BaseModel):
    """The form, field by field, in its order."""

    email: Annotated[Email, _by(answers.read_email)]
    first_name: Annotated[str, _by(answers.read_first_name)]
    last_name: Annotated[str, _by(answers.read_last_name)]
    organisation: Annotated[str, _by(answers.read_organisation)]
    tax_id: Annotated[TaxId, _by(answers.read_tax_id)]
    phone: Annotated[Phone, _by(answers.read_phone)]
    address: Annotated[Address, _by(answers.read_address)]
    terms: Annotated[bool, _by(answers.read_terms)]
    email_marketing: Annotated[bool, _by(answers.read_tick)]


_CHECKS: Mapping[str, Callable[[str, Reading], object]] = {
    "email": answers.read_email,
    "tax_id": answers.read_tax_id,
    "phone": answers.read_phone,
    "postal_code": answers.read_postal_code,
}
_WARNINGS: Mapping[str, Callable[[str, Reading], Problem | None]] = {
    "email": answers.email_warning,
    "tax_id": answers.tax_id_warning,
    "phone": answers.phone_warning,
    "postal_code": answers.postal_code_warning,
}


def read_details(typed: Typed, rules: FormRules) -> CustomerDetails:
    """Read a form, as the site's rules ask; what the site does not ask for is not read.

    Raises:
        InvalidDetails: every problem at once, in the order of the form.
    """
    given: dict[str, object] = {name: clean(typed.get(name)) for name in _Answers.model_fields}
    given["address"] = typed
    try:
        read = _Answers.model_validate(given, context=Reading(typed, rules))
    except ValidationError as invalid:
        raise InvalidDetails(_problems(invalid)) from None
    return CustomerDetails(
        email=read.email.address,
        email_key=read.email.key,
        first_name=read.first_name,
        last_name=read.last_name,
        organisation=read.organisation,
        phone=read.phone.typed,
        phone_e164=read.phone.e164,
        tax_id=read.tax_id.value,
        tax_id_type=read.tax_id.type,
        address=read.address,
        email_marketing=read.email_marketing,
        terms=read.terms,
        locale=rules.locale,
    )


def check_field(name: str, typed: Typed, rules: FormRules) -> Problem | None:
    """Check one filled field while the rest is still being typed; an empty one is never wrong.

    Only e-mail, phone, postal code and tax id can be checked by themselves.
    """
    check, text = _CHECKS.get(name), clean(typed.get(name))
    if check is None or not text:
        return None
    try:
        check(text, Reading(typed, rules))
    except Wrong as wrong:
        return wrong.problems[name]
    return None


def warnings_of(typed: Typed, rules: FormRules) -> dict[str, Problem]:
    """Return what to say, without refusing, of values that are likely not meant so."""
    reading, found = Reading(typed, rules), dict[str, Problem]()
    for name, warning_of in _WARNINGS.items():
        text = clean(typed.get(name))
        try:
            warning = warning_of(text, reading) if text else None
        except Wrong:
            continue
        if warning:
            found[name] = warning
    return found


def _problems(invalid: ValidationError) -> dict[str, Problem]:
    errors = invalid.errors(include_url=False, include_input=False)
    return {name: one for error in errors for name, one in error["ctx"]["problems"].items()}
