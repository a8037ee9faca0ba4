"""Every template in every state, with the values that a handler would give it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import SimpleNamespace as Values
from typing import Any

from portal.customers.address import AddressForm, countries, form_of
from portal.errors import Problem
from portal.sites.branding import Branding
from portal.sites.storefront import Storefront

Words = Callable[[str], str]
TODAY = datetime(2026, 11, 21, 9, tzinfo=UTC)
TRIAL_ENDS = datetime(2026, 12, 5, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class View:
    """One template in one state."""

    name: str
    template: str
    context: dict[str, Any]

    @property
    def is_page(self) -> bool:
        """Tell whether this is a whole page of the portal, not a part of one nor a mail."""
        return not self.template.startswith("email/") and "/_" not in self.template

    @property
    def is_mail(self) -> bool:
        """Tell whether this is the HTML of a mail."""
        return self.template.startswith("email/") and self.template.endswith(".html")


def every_view(words: Words = str, accent: str = "#3b5bdb") -> tuple[View, ...]:
    """Return all views. Whatever a person would read of the values goes through `words`."""
    common = {
        "site": seller(words, accent),
        "brand_url": "/brand/site_1.css",
        "request_id": "req_01JD7K",
        "signed_in": False,
        "token": "1763715600.signature",
    }
    return tuple(
        View(name, template, common | context) for name, template, context in _states(words)
    )


def seller(words: Words, accent: str) -> Storefront:
    """Return the site whose pages these are."""
    return Storefront(
        id="site_1", number=1, key="eu", name=words("Northwind"), host=None,
        company_id="comp_1", company_key="northwind", company_name=words("Northwind"),
        support_email="help@northwind.example", support_url="https://northwind.example/help",
        country="DE", currency="eur", languages=("en",), plan_keys=(), default_plan=None,
        tax="automatic", tax_rates=(), tax_inclusive=True, verify_email="after",
        fields={"names": "required", "phone": "optional", "organisation": "optional"}, limits={},
        brand=Branding(accent=accent, tagline=words("Plans that grow with your team. Change or cancel any time.")),
        terms_url="https://northwind.example/terms",
        privacy_url="https://northwind.example/privacy",
        terms_version="1", success_url="", portal_configuration=None,
    )  # fmt: skip


def _states(words: Words) -> Iterator[tuple[str, str, dict[str, Any]]]:
    yield from _pricing(words)
    yield from _signup(words)
    yield from _waiting(words)
    yield from _welcome(words)
    yield from _signin(words)
    yield from _account(words)
    yield from _failures(words)
    yield from _demo(words)
    yield from _mails(words)


def _problem(words: Words, sentence: str) -> Problem:
    return Problem("sample", words(sentence))


def _pricing(words: Words) -> Iterator[tuple[str, str, dict[str, Any]]]:
    def offer(key: str, name: str, about: str, features: list[str], **rest: Any) -> dict[str, Any]:
        return {
            "key": key, "name": words(name), "description": words(about), "recommended": False,
            "features": [words(feature) for feature in features], "trial_days": 0, "is_free": False,
        } | rest  # fmt: skip

    def prices(month: int, year: int, saving: int | None) -> list[dict[str, Any]]:
        shared = {"currency": "eur", "saving_percent": None}
        return [
            shared | {"interval": "month", "amount": month, "per_month": month, "yearly_total": 12 * month},
            shared | {"interval": "year", "amount": year, "per_month": year // 12, "yearly_total": year, "saving_percent": saving},
        ]  # fmt: skip

    offers = [
        offer("free", "Free", "For trying things out on your own.",
              ["1 project", "Community forum", "7 days of history"],
              is_free=True, prices=prices(0, 0, None)),
        offer("pro", "Pro", "For people who do this every day.",
              ["Unlimited projects", "Email support within a day", "Two years of history", "Export to CSV and PDF"],
              recommended=True, trial_days=14, prices=prices(1200, 9900, 31)),
        offer("team", "Team", "For teams that decide together.",
              ["Everything in Pro", "25 seats with roles and permissions", "Single sign-on", "Phone support"],
              prices=prices(4900, 49000, 16)),
    ]  # fmt: skip
    page = {
        "offers": offers, "currency": "eur", "currencies": ["eur", "usd"], "interval": "month",
        "intervals": ["month", "year"], "tax_note": words("Prices include tax."),
    }  # fmt: skip
    yield "pricing", "pricing/pricing.html", page
    yield "pricing-yearly", "pricing/pricing.html", page | {"interval": "year", "currency": "eur"}
    one = {"offers": offers[2:], "currencies": ["eur"], "tax_note": ""}
    yield "pricing-one-plan", "pricing/pricing.html", page | one
    yield "pricing-part", "pricing/_plans.html", page


def order(words: Words, **rest: Any) -> Values:
    """Return an order as the sign-up page shows it."""
    switch = [
        {"interval": "month", "label": words("Monthly"), "amount": 1200, "per": words("a month")},
        {"interval": "year", "label": words("Yearly"), "amount": 9900, "per": words("a year")},
    ]
    values: dict[str, Any] = {
        "plan_key": "pro", "plan_name": words("Pro"), "interval": "month", "currency": "eur",
        "offers_for_switch": switch,
        "lines": [{"label": words("Pro"), "amount": 0, "note": words("€12.00 a month after the trial")}],
        "due_today": 0,
        "then": words("then €12.00 a month from 5 December 2026"),
        "trial_sentence": words("Free for 14 days, until 5 December 2026."),
        "tax_note": words("Prices include tax."),
        "coupon": None, "coupon_error": None,
        "cancel_note": words("Cancel any time in your account."),
    }  # fmt: skip
    return Values(**values | rest)


def _address(words: Words, country: str) -> AddressForm:
    form = form_of(country)
    fields = (
        replace(field, options=tuple((code, words(name)) for code, name in field.options))
        for field in form.fields
    )
    return replace(form, fields=tuple(fields))


def _signup(words: Words) -> Iterator[tuple[str, str, dict[str, Any]]]:
    page = {
        "typed": {"country": "DE"}, "errors": {}, "warnings": {}, "order": order(words),
        "address": _address(words, "DE"),
        "countries": [(code, words(name)) for code, name in countries("en")], "tax_id_on": True,
        "fields": {"names": "required", "phone": "optional", "organisation": "optional"},
        "button": words("Start 14-day trial"),
        "obligation": words("Nothing is due today. Your trial ends on 5 December 2026; then €12.00 a month, "
                            "until you cancel in your account."),
    }  # fmt: skip
    yield "signup", "signup/signup.html", page
    yield "signup-part", "signup/_form.html", page
    typed = {
        "country": "DE", "email": "ada@gmial.com", "first_name": "", "last_name": "Lovelace",
        "phone": "0151", "line1": "", "postal_code": "1", "city": "Berlin", "coupon": "SPRING",
    }  # fmt: skip
    errors = {
        "email": "Enter an email address in the form name@example.com.",
        "first_name": "Enter your first name.",
        "line1": "Enter your street and number.",
        "postal_code": "Enter a postal code such as 26133 or 53225.",
        "coupon": "This code is not valid, or no longer.",
        "terms": "Agree to the terms to go on.",
    }
    wrong = page | {
        "typed": {name: words(text) if name != "country" else text for name, text in typed.items()},
        "errors": {name: _problem(words, sentence) for name, sentence in errors.items()},
        "warnings": {"phone": _problem(words, "This does not look like a phone number in Germany.")},
        "order": order(words, coupon_error=_problem(words, errors["coupon"])),
    }
    yield "signup-errors", "signup/signup.html", wrong
    yield "signup-errors-part", "signup/_form.html", wrong
    coupon = Values(code="SPRING25", sentence=words("SPRING25: 25 % off for three months."))
    lines = [
        {"label": words("Team, yearly"), "amount": 49000, "note": ""},
        {"label": words("Discount SPRING25"), "amount": -12250, "note": words("25 % off once")},
    ]
    bought = order(
        words, plan_key="team", plan_name=words("Team"), interval="year", coupon=coupon, lines=lines,
        due_today=36750, then=words("then €490.00 a year from 21 November 2027"), trial_sentence="",
        tax_note=words("Plus tax, worked out from your address."),
    )  # fmt: skip
    paid = {
        "order": bought, "typed": {"country": "DE", "coupon": "SPRING25"},
        "button": words("Order with obligation to pay"), "tax_id_on": False,
        "obligation": words("€367.50 is due today, plus tax. It renews at €490.00 a year on 21 November 2027, "
                            "until you cancel in your account."),
        "fields": {"names": "optional", "phone": "off", "organisation": "off"},
    }  # fmt: skip
    yield "signup-paid-coupon", "signup/signup.html", page | paid
    for country in ("JP", "HK", "US"):
        there = {"typed": {"country": country}, "address": _address(words, country)}
        yield f"signup-{country.lower()}", "signup/signup.html", page | there
    yield "signup-no-plan", "signup/signup.html", page | {"order": None}
    yield "signup-order-part", "signup/_order.html", page | paid
    yield "signup-address-part", "signup/_address.html", page
    yield "signup-address-part-us", "signup/_address.html", page | there
    said = {"name": "email", "error": _problem(words, errors["email"]), "warning": None}
    yield "signup-message-error", "signup/_message.html", said
    warned = {"error": None, "warning": _problem(words, "Did you mean ada@gmail.com?")}
    yield "signup-message-warning", "signup/_message.html", said | warned
    yield "signup-message-fine", "signup/_message.html", said | {"error": None}


def _waiting(words: Words) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for state in ("working", "slow", "stuck"):
        context = {"state": state, "onboarding": "onbo_1"}
        yield f"status-{state}", "signup/status.html", context
        yield f"status-{state}-part", "signup/_status.html", context


def _standing(words: Words, word: str, tone: str, sentence: str) -> dict[str, str]:
    return {"word": words(word), "tone": tone, "sentence": words(sentence)}


def _welcome(words: Words) -> Iterator[tuple[str, str, dict[str, Any]]]:
    trial = {
        "onboarding": "onbo_1",
        "plan_name": words("Pro"),
        "standing": _standing(words, "Trial", "ok", "Your trial runs until 5 December 2026. After that your card is charged."),
        "trial_ends": TRIAL_ENDS,
        "next_charge": {"amount": 1200, "currency": "eur", "date": TRIAL_ENDS},
        "card": {"brand": words("Visa"), "last4": "4242", "exp": "12/2030"},
        "steps": [words("Invite your colleagues."), words("Import your projects."), words("Read the first-week guide.")],
        "actions": [{"label": words("Go to Northwind"), "url": "/go", "method": "get"}],
    }  # fmt: skip
    yield "welcome", "welcome/welcome.html", trial
    add_card = {"label": words("Add payment method"), "url": "/welcome/billing", "method": "post"}
    without = {
        "standing": _standing(words, "Trial, no card", "warn", "You have not added a card. Your trial runs until 5 December 2026 and then pauses."),
        "card": None, "next_charge": None, "actions": [add_card, trial["actions"][0]],
    }  # fmt: skip
    yield "welcome-no-card", "welcome/welcome.html", trial | without
    waiting = {"standing": _standing(words, "Checking", "wait", "We are asking Stripe how things stand."), "card": None, "actions": [], "steps": []}  # fmt: skip
    yield "welcome-waiting", "welcome/welcome.html", trial | without | waiting
    failed = {"standing": _standing(words, "Payment failed", "bad", "Your card was declined. Add another to start."), "trial_ends": None}  # fmt: skip
    yield "welcome-declined", "welcome/welcome.html", trial | without | failed
    yield "welcome-part", "welcome/_standing.html", trial | without | waiting


def _signin(words: Words) -> Iterator[tuple[str, str, dict[str, Any]]]:
    yield "signin", "signin/signin.html", {"typed": {}, "errors": {}}
    wrong = _problem(words, "Enter an email address in the form name@example.com.")
    typed = {"typed": {"email": words("ada")}, "errors": {"email": wrong}}
    yield "signin-error", "signin/signin.html", typed
    yield "signin-part", "signin/_form.html", typed
    yield "inbox", "signin/inbox.html", {}
    code = {"code": _problem(words, "That code is not right, or no longer. Check it, or ask for another.")}
    yield "inbox-error", "signin/inbox.html", {"errors": code}
    yield "link-ready", "signin/link.html", {"state": "ready"}
    yield "link-other", "signin/link.html", {"state": "other_browser", "code": "1234 5678"}
    yield "link-spent", "signin/link.html", {"state": "spent"}


def _account(words: Words) -> Iterator[tuple[str, str, dict[str, Any]]]:
    account = {
        "signed_in": True, "signed_in_recently": True, "plan_name": words("Pro"),
        "customer": {"name": words("Ada Lovelace"), "email": words("ada@example.com")},
        "standing": _standing(words, "Trial", "ok", "5 days left in your trial."),
        "trial_ends": TRIAL_ENDS,
        "next_charge": {"amount": 1200, "currency": "eur", "date": TRIAL_ENDS},
        "card": {"brand": words("Visa"), "last4": "4242", "exp": "12/2030"},
    }  # fmt: skip
    yield "account", "account/account.html", account
    late = _standing(words, "Past due", "bad", "Your last payment failed. Add another card to keep your plan.")
    bare = {"customer": {"name": "", "email": words("ada@example.com")}, "standing": late, "trial_ends": None, "card": None, "next_charge": None}  # fmt: skip
    yield "account-past-due", "account/account.html", account | bare


def _failures(words: Words) -> Iterator[tuple[str, str, dict[str, Any]]]:
    lost = {
        "status": 404, "title": words("Page not found"), "retry": False,
        "sentence": words("We could not find that page."),
    }  # fmt: skip
    busy = {
        "status": 503, "title": words("We cannot do that just now"), "retry": True, "site": None,
        "sentence": words("We could not save that just now. Nothing is lost: try again in a moment."),
    }  # fmt: skip
    yield "error-404", "errors/error.html", lost
    yield "error-503-no-site", "errors/error.html", busy
    yield "error-part", "errors/_error.html", busy


def _demo(words: Words) -> Iterator[tuple[str, str, dict[str, Any]]]:
    mail = {
        "id": "mail_1", "to": words("ada@example.com"), "subject": words("Sign in to Northwind"),
        "sent_at": TODAY, "html_url": "/mailbox/mail_1/html",
        "text": words("Open this address to sign in:\n\nhttp://127.0.0.1:8000/signin/link/9f2c\n"),
    }  # fmt: skip
    yield "mailbox", "demo/mailbox.html", {"mails": [mail, mail | {"id": "mail_2"}]}
    yield "mailbox-empty", "demo/mailbox.html", {"mails": []}
    yield "mail", "demo/mail.html", {"mail": mail}


def _mails(words: Words) -> Iterator[tuple[str, str, dict[str, Any]]]:
    link = "https://join.example/signin/link/4f9c2b7e81d34c6a9d0e5b1f7a2c8e63"
    secret = {"link": link, "code": "12345678", "minutes": 10}
    welcome = {
        "link": "https://join.example/account", "name": words("Ada"), "plan_name": words("Pro"),
        "trial_ends": words("5 December 2026"), "next_charge": words("€12.00 on 5 December 2026"),
        "steps": [words("Invite your colleagues."), words("Import your projects.")],
    }  # fmt: skip
    nothing: dict[str, Any] = {"name": "", "plan_name": "", "trial_ends": "", "next_charge": "", "steps": []}
    mails = {
        "sign_in": secret | {"name": words("Ada")},
        "confirm_address": secret | {"name": ""},
        "welcome": welcome,
    }
    for name, context in (*mails.items(), ("welcome", welcome | nothing)):
        state = "-bare" if context.get("plan_name") == "" else ""
        for part in ("subject.txt", "txt", "html"):
            yield f"mail-{name}{state}.{part}", f"email/{name}.{part}", context
