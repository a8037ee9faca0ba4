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
    "late": (
        "Creating a subscription fails once, and it appears ten minutes later",
        {"kind": "late", "match": "POST /v1/subscriptions", "times": 1},
    ),
    "rough": (
        "Three in ten requests go wrong, each in one of five ways",
        {
            "match": "POST /v1/*",
            "seed": 1,
            "kinds": {
                "reset": 0.06,
                "reset_after": 0.06,
                "saved_500_after": 0.06,
                "limited": 0.06,
                "unavailable": 0.06,
            },
        },
    ),
    "hang": ("Requests hang without an answer", {"match": _ANY, "fault": "hang"}),
}
"""By name: words, and the fault as the control API takes it."""
