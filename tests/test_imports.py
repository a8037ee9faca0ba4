"""What a process that serves has loaded: nothing that most of its requests do without."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

SERVES = "import portal.commands, portal.serving, portal.app, portal.billing.stripe_gateway"
NOT_YET = {
    "PIL": "pictures are read when somebody sends one",
    "argon2": "passwords, where a site offers them",
    "bcrypt": "passwords that were imported",
    "httpx": "the SDK's other HTTP client",
    "passlib": "passwords that were imported",
    "portal.doctor.examine": "a command of its own",
    "portal.sandbox": "the demo's",
    "requests": "the SDK's other HTTP client",
    "rich.console": "colours on a terminal",
    "webauthn": "passkeys, where somebody has one",
}


def told_by(program: str) -> Any:
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return json.loads(told.stdout)


def loaded_by(program: str) -> set[str]:
    return set(told_by(f"{program}\nimport json, sys\nprint(json.dumps(list(sys.modules)))"))


def test_a_process_that_serves_has_loaded_nothing_that_few_need() -> None:
    loaded = loaded_by(SERVES)

    assert "stripe" in loaded
    assert not loaded & set(NOT_YET)
    assert not {name for name in loaded if name.startswith("portal.migrations.")}


def test_the_sdk_alone_would_have_loaded_more() -> None:
    assert loaded_by("import stripe") >= {"requests", "httpx"}


def test_the_sdk_tells_stripe_nothing_of_this_machine() -> None:
    """Left to itself it does, and writes a file into the home of whoever runs it."""
    telling = "import json, stripe\nprint(json.dumps(stripe.enable_telemetry))"

    assert told_by(telling) is True
    assert told_by(f"{SERVES}\n{telling}") is False
