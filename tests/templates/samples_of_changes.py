"""What a customer sees of a plan that they change or end."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.templates.view import States, Values, Words, problem

ENDS = datetime(2026, 12, 5, 9, tzinfo=UTC)


def changes(words: Words) -> States:
    """Every state of the pages on which a plan is changed."""
    yield from _cancelling(words)
    yield from _withdrawing(words)
    yield from _declaring(words)
    yield from _choosing(words)
    yield from _reviewing(words)


def _cancelling(words: Words) -> States:
    common = {
        "signed_in": True, "current": "account.cancel", "plan_name": words("Pro"), "ends_at": ENDS,
        "reasons": [("unused", words("I do not use it enough"))], "change": None,
        "withdraw_until": words("5 December 2026"), "may_pause": False,
    }  # fmt: skip
    at_once = {"ends_at": None}
    states: dict[str, Values] = {
        "running": {"state": "running", "may_pause": True},
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


def _withdrawing(words: Words) -> States:
    common: Values = {
        "signed_in": True, "current": "account.cancel", "plan_name": words("Pro"), "change": None,
        "ordered": words("21 November 2026"), "last_day": words("5 December 2026"),
        "email": words("ada@example.com"), "refund": words("What you paid is paid back."),
    }  # fmt: skip
    done = change(words, "done", "You have withdrawn from your contract. Your plan has ended.")
    states: dict[str, Values] = {
        "open": {"state": "open"},
        "open-unnamed": {"state": "open", "plan_name": ""},
        "working": {"state": "working", "change": change(words, "asked")},
        "done": {"state": "done", "change": done},
        "by-hand": {"state": "done", "change": change(words, "refused", "We do it by hand.")},
        "closed": {"state": "closed"},
    }
    for name, state in states.items():
        yield f"withdraw-{name}", "account/withdraw.html", common | state
    yield "withdraw-part", "account/_withdraw.html", common | states["working"]


def _declaring(words: Words) -> States:
    said = {
        "name": words("Ada Lovelace"), "email": words("ada@example.com"), "contract": words("Pro"),
        "ends": words("31 December"), "cause": words("The letters never came."),
    }  # fmt: skip
    errors = {"name": problem(words, "Enter your name.")}
    for kind in ("cancel", "withdraw"):
        form: Values = {"kind": kind, "typed": {}, "errors": {}}
        yield f"contract-{kind}", "contracts/form.html", form
        yield f"contract-{kind}-error", "contracts/form.html", form | {"errors": errors}
        received = {"kind": kind, "received": words("21 November 2026, 09:30 UTC"), "said": said}
        for name, late in (("", False), ("-late", True)):
            told = received | {"is_late": late}
            yield f"contract-{kind}-received{name}", "contracts/received.html", told
        for state in ("ready", "done", "spent"):
            confirm = {"kind": kind, "state": state, "plan_name": words("Pro")}
            yield f"contract-{kind}-{state}", "contracts/confirm.html", confirm


def _choosing(words: Words) -> States:
    month = {"id": "pric_1", "words": words("€12.00 a month"), "interval": words("Monthly")}
    year = {"id": "pric_2", "words": words("€120.00 a year"), "interval": words("Yearly")}
    choices = [
        {"name": words("Pro"), "description": words("Everything we publish."),
         "prices": [month | {"is_held": True}, year | {"is_held": False}]},
        {"name": words("Team"), "description": "", "prices": [year | {"is_held": False}]},
    ]  # fmt: skip
    common: Values = {
        "signed_in": True, "current": "account.plan", "state": "running", "change": None,
        "plan_name": words("Pro"), "price": words("€12.00 a month"), "planned": "",
        "choices": choices, "elsewhere": [], "currency": "EUR", "is_paused": False,
        "may_pause": False, "parts": None,
    }  # fmt: skip
    seats = {
        "name": "quantity", "label": words("Seats"), "value": 5, "min": 1, "max": 50,
        "note": words("€12.00 a month for each seat"),
    }  # fmt: skip
    paper = {
        "name": "add_on.paper", "label": words("Print edition"), "price": words("€9.00 a month"),
        "description": words("Every month on paper."), "is_held": True, "number": None,
    }  # fmt: skip
    copies = paper | {"name": "add_on.copies", "description": ""}
    copies |= {"number": seats | {"name": "add_on.copies", "label": words("Copies")}}
    plain = copies | {"name": "add_on.plain", "number": None, "is_held": False}
    parts = {"price": "pric_1", "number": seats, "add_ons": [paper, copies, plain]}
    planned = words("Your plan changes to Reader, Free, on 5 December 2026.")
    states: dict[str, Values] = {
        "": {},
        "-elsewhere": {"elsewhere": [words("Dollar"), words("House")]},
        "-planned": {"planned": planned},
        "-pausable": {"may_pause": True},
        "-parts": {"parts": parts},
        "-seats": {"parts": parts | {"add_ons": []}},
        "-add-ons": {"parts": parts | {"number": None}},
        "-paused": {"is_paused": True},
        "-working": {"state": "working", "change": change(words, "asked")},
        "-done": {"change": change(words, "done", "Your plan is Team now.")},
        "-refused": {"change": change(words, "refused", "Your card was declined.")},
        "-none": {"state": "none", "plan_name": "", "price": "", "choices": []},
    }
    for name, state in states.items():
        yield f"plan{name}", "account/plan.html", common | state
    yield "plan-part", "account/_choices.html", common | states["-working"]


def _reviewing(words: Words) -> States:
    shown: Values = {
        "signed_in": True, "current": "account.plan", "problem": None, "note": "",
        "held_name": words("Pro"), "plan_name": words("Team"), "needs_card": False,
        "lines": [(words("Unused time of your plan, until 5 December 2026"), words("-€8.00")),
                  (words("Team, until 5 December 2026"), words("€31.00"))],
        "sentences": [words("€23.00 is charged today."), words("The new plan begins at once.")],
        "undo": words("You can change your plan again at any time."),
        "button": words("Order with obligation to pay"), "quote": "eyJhIjoxfQ==.c2lnbmVk",
    }  # fmt: skip
    cannot = {
        "signed_in": True, "current": "account.plan", "way": "/account/cancel",
        "problem": words("Your plan is cancelled."), "way_words": words("Go to your cancellation"),
        "again": None,
    }  # fmt: skip
    too_often = {
        "problem": words("That was a lot in a short time. You can go on in 1 min."),
        "way": "/account/plan", "way_words": words("Back to the plans"),
        "again": {"price": "pric_2", "quantity": "5"},
    }  # fmt: skip
    again = {"note": words("Your plan has changed since this was shown.")}
    yield "review", "account/review.html", shown
    yield "review-later", "account/review.html", shown | {"lines": [], "held_name": ""} | again
    yield "review-no-card", "account/review.html", shown | {"needs_card": True}
    yield "review-cannot", "account/review.html", cannot
    yield "review-too-often", "account/review.html", cannot | too_often


def change(words: Words, state: str, *sentences: str) -> Values:
    """Make a change that was asked for."""
    return {"id": "chng_1", "state": state, "sentences": [words(said) for said in sentences]}
