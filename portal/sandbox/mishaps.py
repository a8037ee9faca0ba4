"""The faults that the control page offers by name."""

from __future__ import annotations

from typing import Any

_ANY = "* /v1/*"
MISHAPS: dict[str, tuple[str, dict[str, Any]]] = {
    "down": ("Stripe is down (connections are cut)", {"match": _ANY, "fault": "reset"}),
    "slow": ("Every answer takes 3 seconds", {"match": _ANY, "fault": "delay", "delay": 3}),
    "limit": ("Too many requests (429)", {"match": _ANY, "fault": "status", "status": 429}),
    "error": (
        "Creating a subscription fails once (500, saved under its key)",
        {
            "match": "POST /v1/subscriptions",
            "fault": "status",
            "status": 500,
            "saved": True,
            "times": 1,
        },
    ),
    "lost": (
        "The next answer to a POST is lost after it took effect",
        {"match": "POST /v1/*", "fault": "reset", "when": "after", "times": 1},
    ),
    "hang": ("Requests hang without an answer", {"match": _ANY, "fault": "hang"}),
}
"""By name: words, and the fault as the control API takes it."""
