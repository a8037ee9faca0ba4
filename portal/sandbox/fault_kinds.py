"""The kinds of faults that have a name, and what each status usually says."""

from __future__ import annotations

from typing import Any

_REFUSED = "invalid_request_error"
USUAL: dict[int, tuple[str, str | None, str]] = {
    400: (_REFUSED, None, "The sandbox was told to refuse this."),
    401: (_REFUSED, None, "Invalid API Key provided: sk_test_****"),
    402: ("card_error", "card_declined", "Your card was declined."),
    403: (
        _REFUSED,
        "more_permissions_required",
        "The provided key does not have the required permissions for this endpoint.",
    ),
    404: (_REFUSED, "resource_missing", "No such thing."),
    409: (
        "idempotency_error",
        "idempotency_key_in_use",
        "There is currently another in-progress request using this Idempotency Key.",
    ),
    429: (_REFUSED, "rate_limit", "Too many requests hit the API too quickly."),
    500: ("api_error", None, "An unknown error occurred."),
}
"""By status: type, code and message."""

_LOCKED = (
    "This object cannot be accessed right now because another API request or Stripe process is"
    " currently accessing it. If you see this error intermittently, retry the request."
)

KINDS: dict[str, dict[str, Any]] = {
    "reset": {"fault": "reset"},
    "reset_after": {"fault": "reset", "when": "after"},
    "hang": {"fault": "hang"},
    "hang_after": {"fault": "hang", "when": "after"},
    "slow": {"fault": "delay", "delay": 1.0},
    "limited": {"fault": "status", "status": 429},
    "limited_retry": {
        "fault": "status",
        "status": 429,
        "headers": {"Stripe-Should-Retry": "true"},
    },
    "lock_timeout": {
        "fault": "status",
        "status": 429,
        "code": "lock_timeout",
        "message": _LOCKED,
    },
    "key_in_use": {"fault": "status", "status": 409},
    "error": {"fault": "status", "status": 500},
    "unavailable": {"fault": "status", "status": 503},
    "saved_500": {"fault": "status", "status": 500, "saved": True},
    "saved_500_after": {"fault": "status", "status": 500, "saved": True, "when": "after"},
    "late": {"fault": "status", "status": 500, "saved": True, "when": "late", "delay": 600.0},
}
"""By name, the fault as the control API takes it."""
