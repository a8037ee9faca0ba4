"""Every template in every state, with the values that a handler would give it."""

from __future__ import annotations

from itertools import chain

from tests.templates.samples_of_account import account, history, invoices
from tests.templates.samples_of_changes import changes
from tests.templates.samples_of_customers import later, signin, waiting, welcome
from tests.templates.samples_of_data import data
from tests.templates.samples_of_details import details
from tests.templates.samples_of_plans import pricing
from tests.templates.samples_of_reference import reference
from tests.templates.samples_of_security import password, security
from tests.templates.samples_of_signup import ordering, signup
from tests.templates.samples_of_steps import steps
from tests.templates.samples_of_the_rest import demo, failures, mails
from tests.templates.view import View, Words, seller

ROOMS = (
    *(pricing, signup, steps, waiting, later, welcome, signin),
    account,
    ordering,
    changes,
    *(invoices, history),
    details,
    data,
    security,
    password,
    reference,
    *(failures, demo, mails),
)


def every_view(words: Words = str, accent: str = "#3b5bdb") -> tuple[View, ...]:
    """Return all views. Whatever a person would read of the values goes through `words`."""
    common = {
        "site": seller(words, accent),
        "brand_url": "/brand/site_1.css",
        "request_id": "req_01JD7K",
        "signed_in": False,
        "leaving": None,
        "due": None,
        "token": "1763715600.signature",
    }
    states = chain.from_iterable(room(words) for room in ROOMS)
    return tuple(View(name, template, common | context) for name, template, context in states)
