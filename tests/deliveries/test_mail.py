import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

from portal.deliveries.mail import NOT_NEEDED, Mail, link_to, mail_step, render
from portal.errors import Refused
from portal.operations.step import Claimed
from portal.operations.tables import Operation
from portal.settings import configure
from portal.sites.branding import Branding
from portal.sites.storefront import Storefront
from tests.deliveries.conftest import WRITTEN_AT

LINK = "https://portal.example/signin/link/abc?site=1"
SIGN_IN = {"name": "Ada", "link": LINK, "code": "12345678", "minutes": 10}
WELCOME = {
    "name": "Ada",
    "link": LINK,
    "plan_name": "Team",
    "trial_ends": "5 December 2026",
    "next_charge": "€12.00 on 5 December 2026",
    "steps": ["Invite your team"],
    "withdraw_until": "5 December 2026",
    "withdraw_link": LINK,
}
NOTICE = {"said": "Your password was removed just now.", "link": LINK}
ALL = [
    ("sign_in", SIGN_IN),
    ("confirm_address", SIGN_IN),
    ("welcome", WELCOME),
    ("security_notice", NOTICE),
]

SITE = Storefront(
    id="site_1", number=1, key="us", name="Acme Tea", host=None, company_id="comp_1",
    company_key="acme", company_name="Acme", support_email="help@acme.example", support_url="",
    country="US", currency="usd", languages=("en",), plan_keys=(), default_plan=None, tax="none",
    tax_rates=(), tax_inclusive=False, verify_email="after", fields={}, limits={}, layout="page",
    brand=Branding(), terms_url="", privacy_url="", terms_version="1", success_url="",
    portal_configuration=None,
)  # fmt: skip


@pytest.mark.parametrize(("template", "context"), ALL)
@pytest.mark.parametrize("locale", ["en", "de", "pt-BR", "ar"])
def test_each_mail_says_the_same_as_text_and_as_html(
    template: str, context: dict[str, Any], locale: str
) -> None:
    mail = render(template, {"site": SITE} | context, locale)

    assert "Acme Tea" in mail.subject
    assert "\n" not in mail.subject.strip()
    for words in (mail.text, mail.html):
        assert LINK in words
        assert "help@acme.example" in words
    assert f'lang="{locale}"' in mail.html
    assert ('dir="rtl"' in mail.html) == (locale == "ar")


@pytest.mark.parametrize(("template", "context"), ALL)
def test_a_mail_fetches_nothing_and_runs_nothing(template: str, context: dict[str, Any]) -> None:
    html = render(template, {"site": SITE} | context, "en").html

    assert not re.search(r"<img|<script|<link|src=|url\(|@import", html)
    assert set(re.findall(r'href="([^"]*)"', html)) == {LINK, "mailto:help@acme.example"}


def test_a_name_is_only_a_name() -> None:
    name = "<a href=//evil.example>Ada & Co</a>"
    mail = render("sign_in", {"site": SITE} | SIGN_IN | {"name": name}, "en")

    assert "&lt;a href=//evil.example&gt;Ada &amp; Co&lt;/a&gt;" in mail.html
    assert name in mail.text


def test_a_value_left_out_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(UndefinedError):
        render("sign_in", {"site": SITE, "name": "Ada", "link": LINK}, "en")


def test_links_lead_to_our_own_address_and_name_the_site() -> None:
    configure(base_url="https://portal.example:8443")

    assert link_to(SITE, "/account") == "https://portal.example:8443/account?site=1"


def test_a_site_with_a_host_of_its_own_is_reached_there() -> None:
    configure(base_url="https://portal.example:8443")

    address = link_to(replace(SITE, host="tea.example"), "/account")

    assert address == "https://tea.example:8443/account"


async def test_the_step_of_a_mail_sends_it_and_forgets_its_parameters(
    database: str, tmp_path: Path
) -> None:
    configure(mail_url=f"file://{tmp_path}/mail", base_url="https://portal.example")
    op = await _operation()
    step = mail_step(_writing(Mail(SITE, "ada@example.com", "sign_in", SIGN_IN, "en")))

    result = await step.call(op)
    assert await step.call(op) == result
    await step.done(op, result)

    [path] = (tmp_path / "mail").iterdir()
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert result == "op_1@portal.example"
    assert mail["Message-ID"] == "<op_1@portal.example>"
    assert mail["From"] == "Acme Tea <portal@localhost>"
    assert await _params() == "{}"


async def test_a_mail_nobody_needs_any_more_is_not_sent(database: str, tmp_path: Path) -> None:
    configure(mail_url=f"file://{tmp_path}/mail")
    step = mail_step(_writing(None))

    assert await step.call(await _operation()) == NOT_NEEDED
    assert not (tmp_path / "mail").exists()


async def test_a_refused_mail_keeps_no_persons_data_and_holds_up_nothing(database: str) -> None:
    configure(mail_url=None)
    op = await _operation()
    step = mail_step(_writing(Mail(SITE, "ada@example.com", "sign_in", SIGN_IN, "en")))
    with pytest.raises(Refused) as refused:
        await step.call(op)

    assert step.refused
    assert await step.refused(op, refused.value) is None
    assert await _params() == "{}"


def _writing(mail: Mail | None) -> Callable[[Claimed], Awaitable[Mail | None]]:
    async def write(op: Claimed) -> Mail | None:
        return mail

    return write


async def _operation() -> Claimed:
    await Operation.insert(
        Operation(
            op_id="op_1", company="comp_1", lane="own:op_1", kind="send_sign_in",
            params='{"to": "ada@example.com"}', next_at=WRITTEN_AT, created_at=WRITTEN_AT,
        )
    )  # fmt: skip
    return Claimed(
        id=1, op_id="op_1", company="comp_1", customer=None, subject=None, lane="own:op_1",
        kind="send_sign_in", params={"to": "ada@example.com"}, generation=1,
        first_sent_at=WRITTEN_AT, attempts=1, created_at=WRITTEN_AT, lease_token="worker",
    )  # fmt: skip


async def _params() -> str:
    [row] = await Operation.select(Operation.params)
    return str(row["params"])
