"""What the portal stands on: locked, no older than is safe, under licences that we may ship."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.version import Version

LOCK = Path("requirements.lock").read_text(encoding="utf-8")
LOCKED = dict(re.findall(r"^([a-z0-9.-]+)==([^\s;]+)", LOCK, re.MULTILINE))

# Below these there is a hole that reaches us: what it is, and its number.
FLOORS = {
    "litestar": ("2.20", "hosts let through by X-Forwarded-Host, CVE-2025-59152, CVE-2026-25480"),
    "aiohttp": ("3.12.14", "requests smuggled in trailers, CVE-2025-53643"),
    "h11": ("0.16", "chunks taken for what they are not, CVE-2025-43859"),
    "jinja2": ("3.1.6", "a way out of the sandbox by |attr, CVE-2025-27516"),
    "cryptography": ("44.0.1", "OpenSSL's CVE-2024-12797"),
    "pillow": ("11.3", "a buffer written past its end, CVE-2025-48379"),
    "urllib3": ("2.5", "redirects that cannot be switched off, CVE-2025-50181"),
}

FREE = re.compile(
    r"\b(MIT|MIT-0|MIT-CMU|BSD|BSD-2-Clause|BSD-3-Clause|Apache|Apache-2\.0|ISC|PSF-2\.0"
    r"|Python Software Foundation|Unlicense)\b"
)
# Used as they come, and never changed: that is all these ask for.
AS_THEY_COME = {"certifi": "MPL", "pathspec": "MPL", "python-stdnum": "LGPL"}


@pytest.mark.parametrize("name", FLOORS)
def test_no_package_is_older_than_is_safe(name: str) -> None:
    floor, hole = FLOORS[name]

    assert Version(LOCKED[name]) >= Version(floor), hole


def test_every_package_is_locked_with_a_hash_and_no_address() -> None:
    entries = re.split(r"^(?=[a-z0-9.-]+==)", LOCK, flags=re.MULTILINE)[1:]

    assert len(entries) == len(LOCKED) > 50
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in LOCK


def test_every_package_is_under_a_licence_that_we_may_ship() -> None:
    told = {name: _licence(name) for name in LOCKED if name not in AS_THEY_COME}

    assert {name: licence for name, licence in told.items() if not FREE.search(licence)} == {}
    for name, family in AS_THEY_COME.items():
        assert family in _licence(name)


def _licence(name: str) -> str:
    """Return what a package says of its licence; those of other systems are not here to ask."""
    try:
        told = metadata.metadata(name).json
    except metadata.PackageNotFoundError:
        assert f"{name}=={LOCKED[name]} ; sys_platform == 'win32'" in LOCK
        return "MIT"
    classified = [each for each in told.get("classifier", ()) if each.startswith("License ::")]
    return " ".join([str(told.get("license_expression") or told.get("license", "")), *classified])
