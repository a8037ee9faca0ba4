"""What a customer sees of a plan that they change or end."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.templates.view import States, Values, Words

ENDS = datetime(2026, 12, 5, 9, tzinfo=UTC)


def changes(words: Words) -> States:
    """Every state of the pages on which a plan is changed."""
    yield from _cancelling(words)


def _cancelling(words: Words) -> States:
    common = {
        "signed_in": True, "current": "account.cancel", "plan_name": words("Pro"), "ends_at": ENDS,
        "reasons": [("unused", words("I do not use it enough"))], "change": None,
    }  # fmt: skip
    at_once = {"ends_at": None}
    states: dict[str, Values] = {
        "running": {"state": "running"},
        "running-at-once": {"state": "running"} | at_once,
        "refused": {"state": "running", "change": change(words, "refused", "It was not done.")},
        "working": {"state": "working", "change": change(words, "asked")},
        "ending": {"state": "ending"},
        "kept": {"state": "running", "change": change(words, "done", "Your plan goes on.")},
        "over": {"state": "over"},
        "over-undated": {"state": "over"} | at_once,
        "none": {"state": "none", "plan_name": ""} | at_once,
    }
    for name, state in states.items():
        yield f"cancel-{name}", "account/cancel.html", common | state
    yield "cancel-part", "account/_cancel.html", common | states["working"]


def change(words: Words, state: str, *sentences: str) -> Values:
    """Make a change that was asked for."""
    return {"id": "chng_1", "state": state, "sentences": [words(said) for said in sentences]}
