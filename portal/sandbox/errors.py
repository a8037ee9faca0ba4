"""Errors in Stripe's own shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class StripeError(Exception):
    """An answer that refuses, as Stripe would word it.

    `saved` says whether an idempotency key keeps it: Stripe keeps what came of an operation that
    began, and forgets refusals of the parameters themselves.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        saved: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.saved = saved
        self.stays = False
        """Whether what was done so far stays, as a declined payment does."""
        self.headers: dict[str, str] = {}
        self.error: dict[str, Any] = {"type": type, "message": message}
        if code:
            self.error["code"] = code
            self.error["doc_url"] = f"https://docs.stripe.com/error-codes#{code.replace('_', '-')}"
        if param:
            self.error["param"] = param
        self.error |= more

    def body(self) -> dict[str, Any]:
        """Give the whole answer."""
        return {"error": self.error}


def invalid(message: str, param: str | None = None, code: str | None = None) -> StripeError:
    """Refuse a parameter; an idempotency key does not keep this."""
    return StripeError(400, message, param=param, code=code, saved=False)


def refused(message: str, param: str | None = None, code: str | None = None) -> StripeError:
    """Refuse an operation that had begun; an idempotency key keeps this."""
    return StripeError(400, message, param=param, code=code)


def no_such(what: str, id: str, param: str, *, in_path: bool = False) -> StripeError:
    """Say that something does not exist: 404 for the address itself, 400 for a parameter."""
    return StripeError(
        404 if in_path else 400, f"No such {what}: '{id}'", code="resource_missing", param=param
    )


def missing(param: str) -> StripeError:
    """Ask for a parameter that has to be there."""
    return invalid(f"Missing required param: {param}.", param, "parameter_missing")


def unsupported(param: str) -> StripeError:
    """Say that Stripe knows this parameter and the sandbox does not, rather than guess."""
    return invalid(
        f"The sandbox does not know the parameter {param} here yet; Stripe does.",
        param,
        "sandbox_unsupported",
    )


def known_within(given: Iterable[str], names: Iterable[str], here: str) -> None:
    """Refuse fields of a parameter that Stripe knows and the sandbox does not."""
    for name in given:
        if name not in names:
            raise unsupported(f"{here}[{name}]")


def card_error(
    message: str, code: str, decline_code: str | None = None, **more: Any
) -> StripeError:
    """Refuse a payment."""
    if decline_code:
        more["decline_code"] = decline_code
    return StripeError(402, message, type="card_error", code=code, **more)
