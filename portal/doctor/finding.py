"""What a check found: fine, worth a look, or broken, with a sentence that says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    check: str
    state: State
    sentence: str
    company: str = ""


def ok(check: str, sentence: str, company: str = "") -> Finding:
    """Say that all is well."""
    return Finding(check, "ok", sentence, company)


def warning(check: str, sentence: str, company: str = "") -> Finding:
    """Say what is worth a look; nothing is broken yet."""
    return Finding(check, "warning", sentence, company)


def failed(check: str, sentence: str, company: str = "") -> Finding:
    """Say what is broken."""
    return Finding(check, "failed", sentence, company)


def lasting(time: timedelta) -> str:
    """Write how long something takes or is ago, in its largest unit."""
    seconds = max(0, int(time.total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
