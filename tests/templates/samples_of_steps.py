"""The sign-up form in steps."""

from __future__ import annotations

from portal.pages.answers_shown import AnswerShown
from tests.templates.samples_of_signup import empty_form, paid_form, with_mistakes_form
from tests.templates.view import States, Values, Words, problem

_ON_STEP = {
    "contact": ("email", "first_name"),
    "address": ("line1", "postal_code", "coupon"),
    "check": ("terms",),
}


def steps(words: Words) -> States:
    """Each step as it comes, with its mistakes, and changed from the check."""
    for step in ("contact", "address", "check"):
        page = empty_form(words) | _at(words, step)
        wrong = with_mistakes_form(words) | _at(words, step)
        wrong["errors"] = {name: wrong["errors"][name] for name in _ON_STEP[step]}
        if "coupon" not in wrong["errors"]:
            wrong |= {"order": page["order"], "typed": wrong["typed"] | {"coupon": ""}}
        yield f"step-{step}", "signup/step.html", page
        yield f"step-{step}-errors", "signup/step.html", wrong
        yield f"step-{step}-errors-part", "signup/_step.html", wrong
    changing = {"to_check": True, "back": "/signup/step/check"}
    yield (
        "step-contact-changing",
        "signup/step.html",
        (with_mistakes_form(words) | _at(words, "contact") | changing | {"errors": {}}),
    )
    yield "step-check-paid", "signup/step.html", paid_form(words) | _at(words, "check")
    gone = problem(words, "The plan you chose is no longer on offer.")
    no_longer = {"errors": {"order": gone}}
    yield (
        "step-address-gone",
        "signup/step.html",
        (empty_form(words) | _at(words, "address") | no_longer),
    )
    yield (
        "step-contact-no-plan",
        "signup/step.html",
        (empty_form(words) | _at(words, "contact") | {"order": None}),
    )


def _at(words: Words, step: str) -> Values:
    backs = {"contact": "/", "address": "/signup/step/contact", "check": "/signup/step/address"}
    answers = (
        AnswerShown(words("Email"), words("ada@lovelace.example"), "contact", "email"),
        AnswerShown(words("Name"), words("Ada Lovelace"), "contact", "first_name"),
        AnswerShown(words("Phone"), "", "contact", "phone"),
        AnswerShown(words("Organisation"), words("Analytical Engines"), "address", "organisation"),
        AnswerShown(
            words("Billing address"),
            words("12 St James’s Square, London, SW1Y 4JH, United Kingdom"),
            *("address", "line1"),
        ),
    )
    sent = {"email": words("ada@lovelace.example"), "country": "GB"}
    is_check = step == "check"
    return {
        "step": step,
        "number": list(backs).index(step) + 1,
        "count": 3,
        "back": backs[step],
        "to_check": False,
        "is_new": step == "contact",
        "answers": answers if is_check else (),
        "carried": sent if is_check else {},
    }
