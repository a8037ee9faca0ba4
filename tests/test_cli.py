"""The portal command says what it would do, does it, and says plainly what is wrong."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from portal.audit.seal import seal_entries
from portal.cli import main
from portal.commands import opened
from portal.settings import configure
from tests.audit.trail import written
from tests.conftest import SECRET
from tests.databases import ON_SQLITE
from tests.plans.declared import DECLARED, declared_with


def portal(*words: str) -> Result:
    return CliRunner().invoke(main, words)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The seller's file."""
    file = tmp_path / "shop.toml"
    file.write_text(DECLARED)
    return file


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[dict[str, str]]:
    """A sandbox in a process of its own: commands have event loops of their own."""
    with subprocess.Popen(
        [sys.executable, "-m", "portal.sandbox", "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        process.wait(10)


@pytest.fixture
def stripe(sandbox_process: dict[str, str]) -> dict[str, str]:
    """A fresh account of that sandbox; the settings lead to it."""
    url = sandbox_process["stripe"]
    key = httpx.post(f"{url}/_sandbox/accounts", json={}).json()["key"]
    configure(stripe_api=url, stripe_key=key)
    return {"url": url, "key": key}


def prices_at(stripe: dict[str, str]) -> int:
    answer = httpx.get(f"{stripe['url']}/v1/prices", auth=(stripe["key"], ""))
    return len(answer.json()["data"])


def test_apply_shows_the_difference_and_writes_nothing(file: Path, stripe: dict[str, str]) -> None:
    shown = portal("apply", str(file))

    assert shown.exit_code == 0
    assert "plan studio: trial_days: (none) → 14" in shown.output
    assert "nothing was written" in shown.output
    assert prices_at(stripe) == 0


def test_apply_with_yes_writes_and_a_second_time_finds_nothing(
    file: Path, stripe: dict[str, str]
) -> None:
    first = portal("apply", str(file), "--yes")
    again = portal("apply", str(file))

    assert first.exit_code == 0, first.output
    assert "Everything matches." in first.output
    assert "Nothing to change here" in again.output
    assert prices_at(stripe) == 4


def test_apply_names_the_wrong_line(file: Path) -> None:
    file.write_text(declared_with("trial_days = 14", "trial_days = -1"))

    refused = portal("apply", str(file), "--yes")

    assert refused.exit_code == 1
    assert "plan.1.trial_days" in refused.output
    assert "Traceback" not in refused.output


def test_apply_without_a_key_says_which_setting_is_missing(file: Path) -> None:
    refused = portal("apply", str(file), "--yes")

    assert refused.exit_code == 1
    assert "PORTAL_STRIPE_KEY" in refused.output


def test_on_a_loopback_address_the_real_stripe_is_told_of_no_webhook() -> None:
    from portal.billing.stripe_endpoint import can_reach_us

    assert not can_reach_us("http://127.0.0.1:8000/webhooks/stripe/acme", "https://api.stripe.com")
    assert can_reach_us("https://join.acme.example/webhooks/stripe/acme", "https://api.stripe.com")


def test_migrate_brings_a_database_up_to_date_once(bare_database_url: str) -> None:
    configure(database_url=bare_database_url)

    first, again = portal("migrate"), portal("migrate")

    assert first.exit_code == 0, first.output
    assert "2026-" in first.output
    assert again.output == "The database is up to date.\n"


@pytest.mark.parametrize("command", ["serve", "work"])
def test_postgres_that_is_behind_is_not_served(bare_database_url: str, command: str) -> None:
    if bare_database_url.startswith("sqlite"):
        assert portal(command, "--help").exit_code == 0
        return

    refused = subprocess.run(
        [sys.executable, "-m", "portal.cli", command],
        env=os.environ | {"PORTAL_DATABASE_URL": bare_database_url, "PORTAL_SECRET": SECRET},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert refused.returncode == 1
    assert "portal migrate" in refused.stderr
    assert "Traceback" not in refused.stderr + refused.stdout


@pytest.mark.parametrize("command", ["serve", "work", "migrate", "backup x"])
def test_a_setting_that_is_wrong_is_named_and_its_value_is_not_shown(command: str) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "portal.cli", *command.split()],
        env=os.environ | {"PORTAL_SECRET": "quillifer"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert refused.returncode == 1
    assert "PORTAL_SECRET" in refused.stderr
    assert "quillifer" not in refused.stderr + refused.stdout
    assert "Traceback" not in refused.stderr


def run(*words: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in this folder as an operator does, with these variables."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "portal.cli", *words],
        cwd=folder,
        env=os.environ | {"PORTAL_SECRET": SECRET, "COLUMNS": "300"} | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "variables", "said"),
    [
        ("demo --port 0 --data x", {"PORTAL_FOO": "1"}, "PORTAL_FOO is no setting of ours"),
        ("demo --port 0 --data a-file/x", {}, "a-file/x: Not a directory"),
        ("demo --port 0 --data broken", {}, "stripe.port holds no port"),
        ("apply a-file", {}, "a-file is not UTF-8 text: look at byte 4"),
        ("migrate", {"PORTAL_SECRET_FILE": "/quillifer"}, "PORTAL_SECRET_FILE names a file"),
        ("migrate", {"PORTAL_SECRET_FILE": "a-file"}, "PORTAL_SECRET_FILE names a file that is"),
        ("serve", {"PORTAL_DATABASE_URL": "mysql://u:quillifer@h/x"}, "PORTAL_DATABASE_URL begins"),
        ("work", {"PORTAL_DATABASE_URL": "postgresql://u:quillifer@h:x/y"}, "cannot be read"),
    ],
)
def test_what_an_operator_can_mend_is_said_in_a_sentence(
    tmp_path: Path, command: str, variables: dict[str, str], said: str
) -> None:
    (tmp_path / "a-file").write_bytes(b"tea\xff")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "stripe.port").write_text("99999")

    refused = run(*command.split(), folder=tmp_path, **variables)

    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr + refused.stdout
    assert "quillifer" not in refused.stderr + refused.stdout


@pytest.mark.parametrize(
    "command", ["migrate", "apply a-file", "serve --port 0", "work", "reconcile", "backup x"]
)
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///a-file", "file is not a database"),
        ("postgresql://portal:quillifer@127.0.0.1:9/x", "PostgreSQL cannot be reached: Connect"),
    ],
)
def test_without_a_database_every_command_says_so(
    tmp_path: Path, command: str, url: str, said: str
) -> None:
    (tmp_path / "a-file").write_text(DECLARED)

    refused = run(*command.split(), folder=tmp_path, PORTAL_DATABASE_URL=url)

    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr + refused.stdout
    assert "quillifer" not in refused.stderr + refused.stdout


@pytest.mark.parametrize("command", ["demo", "serve"])
def test_a_port_that_cannot_be_is_refused(command: str) -> None:
    refused = portal(command, "--port", "99999")

    assert refused.exit_code == 2
    assert "99999 is not in the range" in refused.output


@pytest.mark.parametrize("command", ["grant", "revoke"])
def test_a_plan_for_nobody_we_know_is_refused_in_a_sentence(
    file: Path, stripe: dict[str, str], command: str
) -> None:
    portal("apply", str(file), "--yes")

    refused = portal(command, "studio", "nobody@nowhere.example")

    assert refused.exit_code == 1
    assert "Traceback" not in refused.output
    assert ("studio is standard" if command == "grant" else "No customer has") in refused.output


def test_a_key_is_made_shown_once_listed_and_revoked(
    file: Path, stripe: dict[str, str], bare_database_url: str
) -> None:
    configure(database_url=bare_database_url)
    portal("migrate")
    portal("apply", str(file), "--yes")

    made = portal("keys", "create", "--label", "crm", "--scope", "customers:read", "--days", "30")
    told = portal("keys", "list")
    key_id = told.output.split()[0]
    revoked = portal("keys", "revoke", key_id)

    text = made.output.strip()
    assert text.startswith("portal_test_sk_")
    assert text not in told.output
    assert text[:24] in told.output
    assert "crm  customers:read" in told.output
    assert revoked.output == f"{key_id} is revoked.\n"
    assert "revoked" in portal("keys", "list").output
    wrong = portal("keys", "create", "--scope", "customers:eat")
    assert (wrong.exit_code, "There is no scope customers:eat" in wrong.output) == (1, True)


@ON_SQLITE
def test_audit_verify_names_what_was_taken_out_and_finds_a_head_that_was_noted(
    database_url: str,
) -> None:
    configure(database_url=database_url)
    asyncio.run(_trail_of(30))

    whole = portal("audit", "verify")
    head = whole.output.split()[-1]
    noted = portal("audit", "verify", "--head", head)
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
        connection.execute("DELETE FROM audit_entry WHERE number = 7")
        connection.commit()
    broken = portal("audit", "verify", "--head", head)
    wrong = portal("audit", "verify", "--head", "f00")

    assert (whole.exit_code, noted.exit_code, broken.exit_code, wrong.exit_code) == (0, 0, 1, 1)
    assert whole.output == noted.output == f"comp_1: 30 entries, whole; head {head}\n"
    assert "comp_1: BROKEN after 6 entries: number 7 is missing before entry 8" in broken.output
    assert f"Not in a whole chain: {head}" in broken.output
    assert "64 hex digits" in wrong.output


async def _trail_of(count: int) -> None:
    async with opened():
        await written(count)
        await seal_entries()
