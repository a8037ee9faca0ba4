"""What the doctor says of settings, disks and clocks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from portal.doctor import machine
from portal.doctor.finding import lasting
from portal.doctor.stripe import judge_clock
from portal.settings import WrongSetting, configure, settings
from tests.conftest import SECRET

MOUNTS = """/dev/sda1 / ext4 rw 0 0
server:/data /srv nfs4 rw 0 0
/dev/sdb1 /srv/fast xfs rw 0 0
//nas/x /mnt/my\\040share cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("/var/lib/portal.sqlite", "ext4"),
        ("/srv/portal.sqlite", "nfs4"),
        ("/srv/fast/portal.sqlite", "xfs"),
        ("/srv/faster/portal.sqlite", "nfs4"),
        ("/mnt/my share/portal.sqlite", "cifs"),
    ],
)
def test_the_deepest_mount_says_what_a_file_is_on(file: str, kind: str) -> None:
    assert machine.filesystem_of(Path(file), MOUNTS) == kind
    assert machine.filesystem_of(Path(file), "") == ""


@pytest.mark.parametrize(
    ("url", "state"),
    [
        ("https://join.example.com", "ok"),
        ("http://127.0.0.1:8000", "ok"),
        ("http://[::1]:8000", "ok"),
        ("http://localhost", "ok"),
        ("http://join.example.com", "failed"),
        ("http://192.168.1.7:8000", "failed"),
        ("https://join.example.com/", "failed"),
        ("https://join.example.com/shop", "failed"),
        ("join.example.com", "failed"),
        ("", "failed"),
    ],
)
def test_browsers_come_over_https_or_from_this_machine(url: str, state: str) -> None:
    assert machine.look_at_base_url(url).state == state


@pytest.mark.parametrize(
    ("ahead_s", "state"),
    [
        (0.4, "ok"),
        (-30, "ok"),
        (31, "warning"),
        (-240, "warning"),
        (241, "failed"),
        (-3600, "failed"),
    ],
)
def test_a_clock_is_judged_by_how_far_it_is_off(ahead_s: float, state: str) -> None:
    found = judge_clock(timedelta(seconds=ahead_s), "acme")

    assert found.state == state
    assert ("ahead of" if ahead_s > 0 else "behind") in found.sentence


def test_a_secret_that_is_no_random_text_is_refused() -> None:
    assert machine.look_at_secret(configure(secret="abcabc" * 8)).state == "failed"
    assert machine.look_at_secret(configure(secret=SECRET)).state == "ok"


def test_a_wrong_setting_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError):
        configure(secret="quillifer")
    wrong = machine.read_settings()
    assert (wrong.state, "PORTAL_SECRET" in wrong.sentence) == ("failed", True)
    assert "quillifer" not in wrong.sentence

    monkeypatch.setenv("PORTAL_SECERT", "x")
    with pytest.raises(WrongSetting):
        configure(secret=SECRET)
    assert "PORTAL_SECERT" in machine.read_settings().sentence


def test_a_full_disk_fails_and_one_that_fills_warns(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(machine, "_TOO_LITTLE", 0)
    monkeypatch.setattr(machine, "_SCARCE", 0)
    configure(mail_url=None)
    assert [found.state for found in machine.look_at_disks(settings())] == ["ok"]
    monkeypatch.setattr(machine, "_SCARCE", 2**70)
    assert [found.state for found in machine.look_at_disks(settings())] == ["warning"]
    monkeypatch.setattr(machine, "_TOO_LITTLE", 2**70)
    assert [found.state for found in machine.look_at_disks(settings())] == ["failed"]
    configure(database_url="postgresql://portal@db/portal")
    assert [found.state for found in machine.look_at_disks(settings())] == ["ok"]


def test_times_are_said_in_their_largest_unit() -> None:
    said = [lasting(timedelta(seconds=each)) for each in (-1, 59, 120, 7199, 7200, 200_000)]

    assert said == ["0 s", "59 s", "2 min", "119 min", "2 h", "2 d"]
