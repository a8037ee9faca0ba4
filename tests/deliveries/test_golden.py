"""What every mail says and looks like is agreed on: a change shows as a change of a golden file."""

from __future__ import annotations

from portal.pages.mail_samples import samples
from portal.settings import TEMPLATES
from tests.deliveries.golden import agreed, written

ANEW = "python -m tests.deliveries.golden writes them anew"


def test_every_mail_is_as_it_was_agreed_on() -> None:
    now, before = written(), agreed()

    changed = [name for name in now.keys() & before.keys() if now[name] != before[name]]
    assert sorted(changed) == [], ANEW


def test_every_mail_has_its_golden_files_and_there_are_no_others() -> None:
    assert sorted(written()) == sorted(agreed()), ANEW


def test_every_template_of_a_mail_has_a_sample() -> None:
    templates = {
        path.name.partition(".")[0] for path in (TEMPLATES / "email").glob("*.subject.txt")
    }

    assert {sample.template for sample in samples()} == templates
