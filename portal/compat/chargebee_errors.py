"""How document 003 words what went wrong: message, type, api_error_code, and the parameter.

Source: https://apidocs.chargebee.com/docs/api#error-handling
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.compat.arriving import MethodRefused
from portal.errors import PortalError, Problem
from portal.onboarding.arrival import SignUpRefused
from portal.web.programs.brackets import flat
from portal.web.programs.problems import BadHeader, InvalidBody, problems_of
from portal.web.programs.texts import Told
from portal.web.scope import Scope
from portal.web.shapes import Failure, Shaped

_INVALID, _PAYMENT, _FAILED = "invalid_request", "payment", "operation_failed"
_BY_OURS: Mapping[str, tuple[int, str, str]] = {
    "key_missing": (401, _INVALID, "api_authentication_failed"),
    "key_invalid": (401, _INVALID, "api_authentication_failed"),
    "insufficient_scope": (403, _INVALID, "api_authorization_failed"),
    "not_found": (404, _INVALID, "resource_not_found"),
    "external_id_taken": (400, _INVALID, "duplicate_entry"),
    "payment_intent_unusable": (400, _PAYMENT, "payment_intent_invalid"),
    "gateway_customer_unknown": (400, _PAYMENT, "payment_intent_invalid"),
    "gateway_customer_taken": (400, _PAYMENT, "payment_intent_invalid"),
    "email_taken": (400, _INVALID, "duplicate_entry"),
    "idempotency_key_mismatch": (422, _FAILED, "unable_to_process_request"),
    "database_busy": (503, _FAILED, "db_connection_failure"),
    "no_database": (503, _FAILED, "db_connection_failure"),
}
_BY_STATUS: Mapping[int, tuple[str, str]] = {
    401: (_INVALID, "api_authentication_failed"),
    403: (_INVALID, "request_blocked"),
    404: (_INVALID, "resource_not_found"),
    405: (_INVALID, "http_method_not_supported"),
    409: (_INVALID, "invalid_state_for_request"),
    429: (_FAILED, "api_request_limit_exceeded"),
    500: (_FAILED, "internal_error"),
    503: (_FAILED, "internal_temporary_error"),
}
_PARAMS: Mapping[str, str] = {
    "external_id_taken": "id",
    "email_taken": "email",
    "payment_intent_unusable": "payment_intent[id]",
    "gateway_customer_unknown": "payment_intent[id]",
    "gateway_customer_taken": "payment_intent[id]",
}
_THEIRS: Mapping[str, str] = {
    "external_id": "id",
    "organisation": "company",
    "tax_id": "vat_number",
    "tax_ids[0][value]": "vat_number",
    "tax_exempt": "taxability",
    "metadata": "meta_data",
    "billing_email": "billing_address[email]",
    "postal_code": "billing_address[zip]",
    "address[postal_code]": "billing_address[zip]",
    **{
        ours.format(part): f"billing_address[{part}]"
        for part in ("line1", "line2", "line3", "city", "state", "country")
        for ours in ("{}", "address[{}]")
    },
}
"""What the document calls a field of ours."""
_CARDS = (
    "Card numbers are not taken here. Send card[tmp_token], payment_intent[id] or"
    " payment_method[reference_id], or open a portal session: POST /v1/portal_sessions."
)
_UNREAD = ("unknown_field", "raw_card_refused", "invalid_form")
"""Codes of problems with the request itself, rather than with one value of it."""


class ChargebeeError(Told):
    """What went wrong: its sentence, type and code, and the parameter."""

    message: str
    type: str
    api_error_code: str
    error_code: str
    error_msg: str
    http_status_code: int
    param: str | None = None


class ParamWrong(PortalError):
    """A parameter that fits the schema and that a rule refuses."""

    status = 400
    code = "param_wrong_value"

    def __init__(self, param: str, sentence: str) -> None:
        super().__init__(f"{param}: {sentence}")
        self.param, self.sentence = param, sentence


class NotConfigured(ParamWrong):
    """It asks for a gateway, or a way to pay, that is not set up here."""

    code = "configuration_incompatible"


class PaymentRefused(ParamWrong):
    """A card, a method or a payment that cannot become the customer's; `code` says which."""

    def __init__(self, param: str, sentence: str, code: str) -> None:
        super().__init__(param, sentence)
        self.code = code


def chargebee_shaped(scope: Scope, failure: Failure, error: Exception) -> Shaped:
    """Put a failure into the document's words."""
    if isinstance(error, PaymentRefused):
        return _shaped(400, _PAYMENT, error.code, error.sentence, error.param)
    if isinstance(error, ParamWrong):
        return _shaped(400, _INVALID, error.code, error.sentence, error.param)
    if isinstance(error, MethodRefused):
        return _method_refused(error.reason, error.sentence)
    if isinstance(error, SignUpRefused):
        if error.field == "payment_method":
            return _method_refused(error.reason, error.said)
        said = error.said or f"Stripe refused it: {error.reason}."
        return _shaped(400, _INVALID, "param_wrong_value", said, param_of(error.field))
    if problems := problems_of(error):
        path, problem = next(iter(problems.items()))
        is_of_schema = isinstance(error, InvalidBody)
        return _of_value(flat(path) if is_of_schema else param_of(flat(path)), problem)
    if isinstance(error, BadHeader):
        return _shaped(400, _INVALID, "param_wrong_value", error.said, error.name)
    if failure.code in _BY_OURS:
        status, type, code = _BY_OURS[failure.code]
    else:
        status = failure.status
        type, code = _BY_STATUS.get(status, (_INVALID, "invalid_request"))
    return _shaped(status, type, code, failure.sentence, _PARAMS.get(failure.code, ""))


def param_of(field: str) -> str:
    """Return the parameter in which a field of ours was told; "" where none is at fault."""
    return _THEIRS.get(field, field)


def _of_value(param: str, problem: Problem) -> Shaped:
    code = "invalid_request" if problem.code in _UNREAD else "param_wrong_value"
    said = _CARDS if problem.code == "raw_card_refused" else str(problem)
    return _shaped(400, _INVALID, code, f"{param} : {said}" if param else said, param)


def _method_refused(reason: str, said: str) -> Shaped:
    code = "payment_method_verification_failed"
    return _shaped(400, _PAYMENT, code, said or f"Stripe refused it: {reason}.", "payment_method")


def _shaped(status: int, type: str, code: str, message: str, param: str) -> Shaped:
    told: dict[str, Any] = {
        "message": message,
        "type": type,
        "api_error_code": code,
        "param": param,
        "error_code": code,
        "error_msg": message,
        "http_status_code": status,
    }
    return Shaped(status, {name: value for name, value in told.items() if value})
