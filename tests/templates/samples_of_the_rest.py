"""Errors, the demo's mailbox, and the mails themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from portal.pages.mail_samples import samples
from tests.templates.view import States, Words

TODAY = datetime(2026, 11, 21, 9, tzinfo=UTC)


_NOT_READ = ("link", "withdraw_link", "code", "kind")


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
    there = {"samples": [{"name": "12-3", "subject": words("Sign in to Northwind")}]}
    yield "mailbox", "demo/mailbox.html", there | {"mails": [mail, mail | {"id": "mail_2"}]}
    yield "mailbox-empty", "demo/mailbox.html", there | {"mails": []}
    yield "mail", "demo/mail.html", {"mail": mail}
    yield "mail-sample", "demo/sample.html", {"mail": mail, "name": "sign_in"}


def mails(words: Words) -> States:
    """Each mail's subject, text and HTML, as the demo's gallery has them."""
    for sample in samples():
        context = {name: _said(name, value, words) for name, value in sample.context.items()}
        for part in ("subject.txt", "txt", "html"):
            yield f"mail-{sample.name}.{part}", f"email/{sample.template}.{part}", context


def _said(name: str, value: Any, words: Words) -> Any:
    """Put what a person reads of a value into words."""
    if isinstance(value, list):
        return [_said("", each, words) for each in value]
    if isinstance(value, dict):
        return {each: _said(each, part, words) for each, part in value.items()}
    is_read = isinstance(value, str) and value and name not in _NOT_READ
    return words(value) if is_read else value
