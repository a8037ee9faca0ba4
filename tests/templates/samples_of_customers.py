"""What a customer sees once the form is sent: the wait, the welcome, signing in."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.templates.view import States, Values, Words, problem

TRIAL_ENDS = datetime(2026, 12, 5, 9, tzinfo=UTC)


def waiting(words: Words) -> States:
    """The status page while Stripe is at work, slow, asked by many, or refusing what is ours."""
    for state, minutes in (("working", 0), ("slow", 0), ("slow", 1), ("slow", 7), ("stuck", 0)):
        name = f"status-{state}" + (f"-{minutes}" if minutes else "")
        context = {"state": state, "onboarding": "onbo_1", "minutes": minutes, "again_s": 2}
        yield name, "signup/status.html", context
        yield f"{name}-part", "signup/_status.html", context


def later(words: Words) -> States:
    """A sign-up that is gone on with on another device."""
    for state in ("sent", "ready", "stored", "spent"):
        yield f"later-{state}", "signup/later.html", {"state": state}


def welcome(words: Words) -> States:
    """The welcome page with a card, without, before we know, and after a declined one."""
    trial = _subscribed(words) | {
        "onboarding": "onbo_1",
        "steps": [words("Invite your colleagues."), words("Import your projects.")],
        "actions": [_action(words, "Go to Northwind", "get")],
        "mailed_to": words("ada@lovelace.example"),
    }
    trial["standing"] = said_standing(
        words, "Trial", "ok", "Your trial runs until 5 December 2026. After that it is charged."
    )
    add_card = [_action(words, "Add payment method", "post"), *trial["actions"]]
    bare = trial | {"card": None, "next_charge": None, "actions": add_card}
    bare["standing"] = said_standing(
        words, "No card yet", "warn", "Your trial runs until 5 December 2026 and then pauses."
    )
    asking = said_standing(words, "Checking", "wait", "We are asking Stripe how things stand.")
    declined = said_standing(words, "Payment failed", "bad", "Your card was declined. Add another.")
    yield "welcome", "welcome/welcome.html", trial
    yield "welcome-no-card", "welcome/welcome.html", bare
    unknown = bare | {"standing": asking, "actions": [], "steps": [], "mailed_to": ""}
    yield "welcome-waiting", "welcome/welcome.html", unknown
    yield "welcome-part", "welcome/_standing.html", unknown
    failed = bare | {"standing": declined, "trial_ends": None}
    yield "welcome-declined", "welcome/welcome.html", failed


def signin(words: Words) -> States:
    """Asking for a mail, typing its code, following its link."""
    said = problem(words, "Enter an email address in the form name@example.com.")
    typed = {"typed": {"email": words("ada")}, "errors": {"email": said}, "to_use": ""}
    yield "signin", "signin/signin.html", {"typed": {}, "errors": {}, "to_use": ""}
    yield "signin-error", "signin/signin.html", typed
    yield "signin-part", "signin/_form.html", typed
    code = problem(words, "That code is not right, or no longer. Check it, or ask for another.")
    yield "inbox", "signin/inbox.html", {}
    yield "inbox-error", "signin/inbox.html", {"errors": {"code": code}}
    yield "link-ready", "signin/link.html", {"state": "ready"}
    yield "link-other", "signin/link.html", {"state": "other_browser", "link": "A" * 43}
    yield "link-code", "signin/link.html", {"state": "code", "code": "1234 5678"}
    yield "link-spent", "signin/link.html", {"state": "spent"}


def _subscribed(words: Words) -> Values:
    return {
        "plan_name": words("Pro"),
        "trial_ends": TRIAL_ENDS,
        "next_charge": {"amount": words("€12.00"), "date": TRIAL_ENDS},
        "card": {"brand": words("Visa"), "last4": "4242", "exp": "12/2030"},
    }


def said_standing(words: Words, word: str, tone: str, sentence: str) -> Values:
    """Return how a plan stands, as the templates get it."""
    return {"word": words(word), "tone": tone, "sentence": words(sentence)}


def _action(words: Words, label: str, method: str) -> Values:
    return {"label": words(label), "url": "/welcome/billing", "method": method}
