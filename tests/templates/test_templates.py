"""Every template in every state: it renders, and says nothing that cannot be translated."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from portal.settings import TEMPLATES
from tests.templates.pseudo import accented, pseudo, read
from tests.templates.samples import every_view
from tests.templates.stage import render
from tests.templates.view import View

VIEWS = every_view()
PAGES = [view for view in VIEWS if view.is_page]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_view_renders_with_nothing_left_undefined(view: View) -> None:
    html = render(view)

    assert "Undefined" not in html
    assert "None" not in html.replace("None yet", "")


def test_every_template_has_a_view() -> None:
    seen = {view.template for view in VIEWS}
    pages = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.*")}
    shared = {name for name in pages if name.startswith("macros/") or name == "base.html"}
    included = {"email/base.html", "email/parts.html", "email/footer.txt"}
    parts = ("shell", "contact", "person", "organisation", "billing", "code", "answers", "consents")
    included |= {
        f"signup/_{part}.html"
        for part in (*parts, "summary", "lines", "coupon", "terms", "finish", "later")
    }
    included |= {
        f"account/_{part}.html" for part in ("due", "frame", "nav", "payment", "plan", "ways")
    }
    included |= {"contracts/_said.html", "schema/_rows.html"}

    assert pages - shared - included == seen


@pytest.mark.parametrize("view", every_view(accented), ids=lambda view: view.name)
def test_every_sentence_can_be_translated(view: View) -> None:
    english = [words for words in read(render(view, pseudo())) if re.search("[A-Za-z]", words)]

    assert english == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_no_script_or_style_is_inline(view: View) -> None:
    html = render(view)

    if not view.template.startswith("email/"):
        assert not re.search(r"\sstyle=|<style|\son\w+=|hx-on|js:|javascript:", html)
    assert "<script>" not in html


@pytest.mark.parametrize("view", PAGES, ids=lambda view: view.name)
def test_an_id_is_given_once_and_what_points_at_one_finds_it(view: View) -> None:
    html = render(view)
    ids = re.findall(r'\sid="([^"]*)"', html)
    named = re.findall(r'\s(?:for|aria-describedby|aria-labelledby)="([^"]*)"', html)
    targets = re.findall(r'hx-target="#([^"]*)"', html)

    assert sorted(ids) == sorted(set(ids))
    assert {name for names in (*named, *targets) for name in names.split()} <= set(ids)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_attributes_stand_apart(view: View) -> None:
    tags = re.findall(r"<[a-z][^<>]*>", render(view))
    alone = r"checked|selected|required|novalidate|autofocus|defer|open|hidden"
    tidy = rf'<[a-z][a-z0-9-]*(?:\s+[a-zA-Z-]+=(?:"[^"]*"|\'[^\']*\')|\s+(?:{alone}))*\s*/?>'

    assert [tag for tag in tags if not re.fullmatch(tidy, tag)] == []


# What browsers and password managers are told of each field, in the form and in the steps.
TOLD = {
    "email": ("email", "email", "254"),
    "first_name": ("text", "given-name", "150"),
    "last_name": ("text", "family-name", "150"),
    "organisation": ("text", "organization", "250"),
    "tax_id": ("text", "off", "50"),
    "phone": ("tel", "tel", "50"),
    "country": ("select", "country", None),
    "line1": ("text", "address-line1", "200"),
    "city": ("text", "address-level2", "200"),
    "state": ("select", "address-level1", None),
    "postal_code": ("text", "postal-code", "200"),
    "coupon": ("text", "off", "200"),
}


class Controls(HTMLParser):
    """What a page asks for: each control by name, and the forms it is in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.asked: dict[str, tuple[str, str | None, str | None]] = {}
        self.forms: list[dict[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.forms.append(given)
        elif tag in ("input", "select") and given.get("type") != "hidden" and given["name"] in TOLD:
            kind = (given.get("type") or "text") if tag == "input" else tag
            told = (kind, given.get("autocomplete"), given.get("maxlength"))
            self.asked[str(given["name"])] = told


def test_browsers_are_told_what_each_field_is_for() -> None:
    views = {view.name: Controls(render(view)) for view in PAGES}
    steps = [name for name in views if name.startswith("step-")]

    assert views["signup-us"].asked == TOLD
    assert steps
    for name in steps:
        assert views[name].asked.items() <= TOLD.items()
    for name in ("signup-us", "signup-errors", *steps):
        (form,) = views[name].forms
        assert form["spellcheck"] == "false"
        assert "novalidate" in form
        assert form["action"]


def test_help_is_in_the_same_place_on_every_page() -> None:
    """As WCAG 3.2.6 asks: what comes first in the foot of each."""
    feet = {view.name: render(view).rpartition('<footer class="bottom">')[2] for view in PAGES}
    helped = {name for name, foot in feet.items() if foot.lstrip().startswith('<p class="help">')}
    sellerless = {view.name for view in PAGES if view.context["site"] is None}

    assert helped == feet.keys() - sellerless
    assert len(helped) > 50


def test_what_a_person_typed_is_shown_and_never_run() -> None:
    nasty = '"><script>alert(1)</script>'
    views = [view for view in every_view(lambda words: words + nasty) if "txt" not in view.template]

    assert all("<script>alert" not in render(view) for view in views)


def test_the_code_stands_in_both_parts_of_a_mail_in_two_halves() -> None:
    mails = {view.name: render(view) for view in VIEWS if view.template.startswith("email/")}

    for name in ("sign_in", "confirm_address"):
        assert "1234 5678" in mails[f"mail-{name}.txt"]
        assert "1234&nbsp;5678" in mails[f"mail-{name}.html"]


def test_a_mail_fetches_nothing_and_stays_far_below_what_mail_programs_cut_off() -> None:
    for view in VIEWS:
        if view.is_mail:
            html = render(view)
            assert not re.search(r"<img|<link|@import|url\(", html)
            assert len(html.encode()) < 25_000


def test_subjects_are_one_line() -> None:
    subjects = [render(view) for view in VIEWS if view.template.endswith(".subject.txt")]

    assert subjects
    assert all(subject.strip() and "\n" not in subject for subject in subjects)


def test_the_templates_are_tidy() -> None:
    command = [sys.executable, "-m", "djlint", str(TEMPLATES), "--lint", "--profile", "jinja"]
    here = TEMPLATES.parent
    linted = subprocess.run(command, capture_output=True, text=True, cwd=here, check=False)

    assert linted.returncode == 0, linted.stdout
