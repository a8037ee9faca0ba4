"""The demo: one command serves everything, and the same folder again continues where it was."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from portal.demo_ports import address_of, listen_again
from tests.people import ADA

KEYS = {"portal", "stripe", "stripe_key", "mailbox", "site", "api_key", "publishable_key"}
ENDS_WITHIN_S = 40
WITHIN_S = 30.0
HERE = {"sec-fetch-site": "same-origin"}
_AS_JSON = {"accept": "application/json"}
_TOKEN = re.compile(r'name="token"[^>]*value="([^"]+)"')


@contextmanager
def demo(folder: Path) -> Iterator[dict[str, str]]:
    """Run the demo in this folder until the block ends."""
    command = [sys.executable, "-m", "portal.cli", "demo", "--port", "0", "--json"]
    with subprocess.Popen(
        [*command, "--data", str(folder)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(ENDS_WITHIN_S) == 0


def sign_up(told: dict[str, str], email: str) -> httpx.Response:
    with httpx.Client(base_url=told["portal"], headers=HERE, timeout=WITHIN_S) as browser:
        choice = {"plan": "studio", "interval": "month", "currency": "eur"}
        page = browser.get("/signup", params=choice).text
        token = _TOKEN.search(page)
        assert token
        form = ADA | choice | {"email": email, "token": token[1]}
        return browser.post("/signup", data=form)


def mail_to(email: str, told: dict[str, str]) -> dict[str, str]:
    """Wait for the one mail to somebody: nobody waits for it at a screen, so it takes a while."""
    until = time.monotonic() + WITHIN_S
    while True:
        answer = httpx.get(
            told["mailbox"], timeout=WITHIN_S, headers={"accept": "application/json"}
        )
        found: list[dict[str, str]] = [mail for mail in answer.json() if mail["to"] == email]
        if found or time.monotonic() > until:
            (mail,) = found
            return mail
        time.sleep(0.1)


def customers(told: dict[str, str]) -> int:
    answer = httpx.get(f"{told['stripe']}/v1/customers", auth=(told["stripe_key"], ""))
    return len(answer.json()["data"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the demo keeps everything in."""
    return tmp_path_factory.mktemp("demo") / "data"


def test_the_same_folder_again_continues_where_it_was(folder: Path) -> None:
    with demo(folder) as first:
        assert set(first) == KEYS
        signed_up = sign_up(first, "ada@example.com")
        led_to = signed_up.headers["location"]
        # A machine that is busy may need longer than a person is kept waiting.
        assert led_to.startswith((f"{first['stripe']}/p/session/", "/signup/status/"))

    with demo(folder) as again:
        known = sign_up(again, "ada@example.com")

        same = ("stripe", "site", "api_key", "publishable_key")
        assert [again[name] for name in same] == [first[name] for name in same]
        assert known.headers["location"].startswith("/signup/check-inbox")
        assert customers(again) == 1


def test_mails_are_shown_and_never_sent(folder: Path) -> None:
    with demo(folder) as told:
        sign_up(told, "grace@example.com")
        welcome = mail_to("grace@example.com", told)
        shown = httpx.get(told["mailbox"], timeout=WITHIN_S)

        assert welcome["subject"] in shown.text
        assert "Studio" in welcome["text"]
        looks = httpx.get(told["portal"] + welcome["html_url"])
        assert "<table" in looks.text
        assert "script-src" not in looks.headers["content-security-policy"]
        assert "default-src 'none'" in looks.headers["content-security-policy"]
        assert httpx.get(f"{told['mailbox']}/{welcome['id']}").status_code == 200
        assert httpx.get(f"{told['mailbox']}/none").status_code == 404


def test_who_waits_when_it_ends_is_answered_though_stripe_hangs(folder: Path) -> None:
    with ThreadPoolExecutor() as visitors, demo(folder) as told:
        httpx.post(
            f"{told['stripe']}/_sandbox/faults",
            json={"match": "POST /v1/subscriptions", "fault": "hang"},
            headers={"authorization": f"Bearer {told['stripe_key']}"},
        )
        before, until = customers(told), time.monotonic() + WITHIN_S
        waiting = visitors.submit(sign_up, told, "mary@example.com")
        while customers(told) == before and time.monotonic() < until:
            time.sleep(0.02)
        assert not waiting.done()

    assert "/signup/status/" in waiting.result().headers["location"]


def test_a_port_that_is_taken_is_named(folder: Path) -> None:
    with demo(folder) as told:
        port = told["portal"].rpartition(":")[2]
        refused = subprocess.run(
            [sys.executable, "-m", "portal.cli", "demo", "--port", port, "--data", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )

        assert refused.returncode == 1
        assert f"Port {port} is taken" in refused.stderr


def test_the_local_stripe_s_port_that_is_taken_is_named_with_its_file(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        (tmp_path / "stripe.port").write_text(port)
        refused = subprocess.run(
            [sys.executable, "-m", "portal.cli", "demo", "--port", "0", "--data", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )

    assert refused.returncode == 1
    assert f"Port {port} is taken: it is the local Stripe's" in refused.stderr
    assert str(tmp_path / "stripe.port") in refused.stderr
    assert "--port" not in refused.stderr


def test_the_local_stripe_listens_where_it_did_before(tmp_path: Path) -> None:
    with listen_again(tmp_path / "stripe.port") as first:
        address = address_of(first)

    with listen_again(tmp_path / "stripe.port") as again:
        assert address_of(again) == address


@pytest.mark.parametrize("held", ["", "0", "65536", "eighty", "²"])
def test_a_file_that_holds_no_port_is_named(tmp_path: Path, held: str) -> None:
    file = tmp_path / "stripe.port"
    file.write_text(held)

    with pytest.raises(SystemExit, match=r"stripe\.port holds no port\. Remove it"):
        listen_again(file)


def test_a_person_reads_the_addresses(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "portal.cli", "demo", "--port", "0", "--data", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = "".join(
            iter(
                process.stdout.readline, "Ctrl-C ends it; the same folder continues where it was.\n"
            )
        )
        process.send_signal(signal.SIGTERM)
        process.wait(ENDS_WITHIN_S)

    assert re.search(r"Pricing page +http://127\.0\.0\.1:\d+\n", said)
    assert re.search(r"Local Stripe +http://127\.0\.0\.1:\d+/_sandbox/\n", said)
