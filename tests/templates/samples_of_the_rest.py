"""Errors, the demo's mailbox, and the mails themselves."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.templates.view import States, Values, Words

TODAY = datetime(2026, 11, 21, 9, tzinfo=UTC)


def failures(words: Words) -> States:
    """A page that is not there, and a database that is not: then without a site."""
    lost = {
        "status": 404, "title": words("Page not found"), "retry": False,
        "sentence": words("We could not find that page."),
    }  # fmt: skip
    busy = {
        "status": 503, "title": words("We cannot do that just now"), "retry": True, "site": None,
        "sentence": words("We could not save that just now. Try again in a moment."),
    }  # fmt: skip
    yield "error-404", "errors/error.html", lost
    yield "error-503-no-site", "errors/error.html", busy
    yield "error-part", "errors/_error.html", busy


def demo(words: Words) -> States:
    """The demo's mailbox, full and empty, and a mail in it."""
    mail = {
        "id": "mail_1", "to": words("ada@example.com"), "subject": words("Sign in to Northwind"),
        "sent_at": TODAY, "html_url": "/mailbox/mail_1/html",
        "text": words("Open this address:\n\nhttp://127.0.0.1:8000/signin/link/9f2c\n"),
    }  # fmt: skip
    yield "mailbox", "demo/mailbox.html", {"mails": [mail, mail | {"id": "mail_2"}]}
    yield "mailbox-empty", "demo/mailbox.html", {"mails": []}
    yield "mail", "demo/mail.html", {"mail": mail}


def mails(words: Words) -> States:
    """Each mail's subject, text and HTML; the welcome also with nothing to tell."""
    link = "https://join.example/signin/link/4f9c2b7e81d34c6a9d0e5b1f7a2c8e63"
    secret: Values = {"link": link, "code": "12345678", "minutes": 10}
    told: Values = {
        "link": "https://join.example/account", "name": words("Ada"), "plan_name": words("Pro"),
        "trial_ends": words("5 December 2026"), "next_charge": words("€12.00 on 5 December 2026"),
        "steps": [words("Invite your colleagues."), words("Import your projects.")],
    }  # fmt: skip
    notice: Values = {
        "said": words("Your password was set just now."),
        "link": "https://join.example/account/security",
    }
    bare: Values = dict.fromkeys(("name", "plan_name", "trial_ends", "next_charge"), "")
    over: Values = {
        "link": "https://join.example/account/cancel", "name": words("Ada"),
        "plan_name": words("Pro"), "asked": words("21 November 2026, 09:30 UTC"),
        "ends": words("5 December 2026"),
    }  # fmt: skip
    changed: Values = {
        "link": "https://join.example/account", "name": words("Ada"),
        "sentences": [words("Your plan is Team now."), words("€37.00 was charged.")],
    }  # fmt: skip
    states = (
        ("sign_in", "", secret | {"name": words("Ada")}),
        ("confirm_address", "", secret | {"name": ""}),
        ("confirm_change", "", {"link": link, "minutes": 60}),
        ("address_in_use", "", {"link": link}),
        ("email_changed", "", {"link": link, "name": words("Ada"), "days": 7}),
        ("email_changed", "-bare", {"link": link, "name": "", "days": 7}),
        ("welcome", "", told),
        ("security_notice", "", notice),
        ("welcome", "-bare", told | bare | {"steps": []}),
        ("cancelled", "", over),
        ("cancelled", "-at-once", over | {"name": "", "plan_name": "", "ends": ""}),
        ("plan_changed", "", changed),
        ("plan_changed", "-bare", changed | {"name": ""}),
    )
    for name, state, context in states:
        for part in ("subject.txt", "txt", "html"):
            yield f"mail-{name}{state}.{part}", f"email/{name}.{part}", context
