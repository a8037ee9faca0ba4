"""How document 004 words what went wrong: one `error`, with its type, code, parameter and message.

Source: https://docs.stripe.com/api/errors
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.cards import without_cards
from portal.compat.arriving import MethodRefused
from portal.errors import PortalError, Problem
from portal.onboarding.arrival import SignUpRefused
from portal.redaction import HIDDEN
from portal.web.programs.brackets import flat
from portal.web.programs.problems import InvalidBody, Path, problems_of
from portal.web.programs.texts import Told
from portal.web.scope import Scope
from portal.web.shapes import Failure, Shaped

_INVALID, _API, _IDEMPOTENCY = "invalid_request_error", "api_error", "idempotency_error"
_CODES: Mapping[str, str | None] = {
    "unknown_field": "parameter_unknown",
    "missing": "parameter_missing",
    "int_parsing": "parameter_invalid_integer",
    "int_type": "parameter_invalid_integer",
    "raw_card_refused": "raw_card_refused",
    "country_unknown": "country_code_invalid",
    "email_invalid": "email_invalid",
}
_BY_OURS: Mapping[str, tuple[int, str, str | None]] = {
    "insufficient_scope": (403, _INVALID, "more_permissions_required"),
    "not_found": (404, _INVALID, "resource_missing"),
    "idempotency_key_mismatch": (400, _IDEMPOTENCY, None),
    "idempotency_key_in_use": (409, _INVALID, "idempotency_key_in_use"),
    "too_many_requests": (429, _INVALID, "rate_limit"),
}
_GONE = "{param} is gone from the present API: put discounts on the subscription instead."
_SENTENCES: Mapping[str, str] = {
    "unknown_field": "Received unknown parameter: {param}",
    "missing": "Missing required param: {param}.",
    "int_parsing": "Invalid integer: {param}",
    "model_type": "Invalid object: {param}",
    "dict_type": "Invalid hash: {param}",
    "list_type": "Invalid array: {param}",
    "string_type": "Invalid string: {param}",
    "bool_parsing": "Invalid boolean: {param}",
}
_CARD = (
    *("card_declined", "expired_card", "incorrect_cvc", "incorrect_number", "processing_error"),
    *("authentication_required", "invalid_expiry_month", "invalid_expiry_year", "invalid_cvc"),
)
_PARAMS: Mapping[str, str] = {
    "first_name": "name", "last_name": "name", "organisation": "business_name",
    "tax_id": "tax_id_data", "tax_ids[0][value]": "tax_id_data[0][value]", "line1": "address",
    "line2": "address", "city": "address", "state": "address", "postal_code": "address",
    "country": "address",
}  # fmt: skip
_LEFT_THE_API = ("coupon", "promotion_code")


class StripeFault(Told):
    """What went wrong: its type, sentence, and what it is about."""

    type: str
    message: str
    code: str | None = None
    param: str | None = None


class StripeError(Told):
    """The answer to what went wrong."""

    error: StripeFault


class ParameterRefused(PortalError):
    """A parameter that fits the schema and that a rule refuses."""

    status = 400
    code = "parameter_refused"

    def __init__(self, param: str, sentence: str, code: str | None = None) -> None:
        super().__init__(f"{param}: {sentence}")
        self.param, self.sentence, self.stripe_code = param, sentence, code


class NoSuchCustomer(PortalError):
    """There is no such customer, or not for this key."""

    status = 404
    code = "not_found"

    def __init__(self, stripe_id: str) -> None:
        super().__init__(stripe_id)
        self.sentence = f"No such customer: '{stripe_id}'"


def stripe_shaped(scope: Scope, failure: Failure, error: Exception) -> Shaped:
    """Put a failure into Stripe's words."""
    status, type, code = _kind_of(failure)
    if isinstance(error, ParameterRefused):
        return _shaped(status, type, error.stripe_code, failure.sentence, error.param)
    if isinstance(error, SignUpRefused):
        return refused_by_stripe(error.reason, param_of(error.field), error.said)
    if isinstance(error, MethodRefused):
        return refused_by_stripe(error.reason, "payment_method", "")
    if isinstance(error, NoSuchCustomer):
        return _shaped(status, type, code, failure.sentence, "id")
    if problems := problems_of(error):
        path, problem = next(iter(problems.items()))
        is_of_schema = isinstance(error, InvalidBody)
        return _of_value(400, path, problem, is_of_schema=is_of_schema)
    if failure.code in ("not_found", "http_405"):
        address = f"{scope['method']}: {without_cards(scope['path'], HIDDEN)}"
        return _shaped(status, _INVALID, None, f"Unrecognized request URL ({address}).")
    return _shaped(status, type, code, failure.sentence)


def param_of(field: str) -> str | None:
    """Return the parameter in which a field of ours was told; None where none is at fault."""
    return _PARAMS.get(field, field) or None


def refused_by_stripe(reason: str, param: str | None, said: str) -> Shaped:
    """Say what Stripe refused, in its own words where it had some."""
    message = said or f"Stripe did not take this: {reason}."
    if reason in _CARD:
        return _shaped(402, "card_error", reason, message, param)
    return _shaped(400, _INVALID, reason, message, param)


def _kind_of(failure: Failure) -> tuple[int, str, str | None]:
    if failure.status >= 500:
        return failure.status, _API, None
    status = 400 if failure.status == 422 else failure.status
    return _BY_OURS.get(failure.code, (status, _INVALID, None))


def _of_value(status: int, path: Path, problem: Problem, *, is_of_schema: bool) -> Shaped:
    param = flat(path) if is_of_schema else param_of(flat(path)) or ""
    if problem.code == "unknown_field" and param in _LEFT_THE_API:
        return _shaped(status, _INVALID, "parameter_unknown", _GONE.format(param=param), param)
    told = _SENTENCES.get(problem.code)
    message = told.format(param=param) if told else f"{param}: {problem}" if param else str(problem)
    code = _CODES.get(problem.code) if is_of_schema else problem.code
    if is_of_schema and path == ("email",):
        code = "email_invalid"
    return _shaped(status, _INVALID, code, message, param)


def _shaped(
    status: int, type: str, code: str | None, message: str, param: str | None = None
) -> Shaped:
    told: dict[str, Any] = {"type": type, "code": code, "param": param, "message": message}
    return Shaped(status, {"error": {name: value for name, value in told.items() if value}})
