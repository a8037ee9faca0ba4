"""Settings come from the environment or from files, are checked, and every one is written down."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from portal import settings as module
from portal.settings import (
    PREFIX,
    STATIC,
    TEMPLATES,
    Settings,
    WrongSetting,
    configure,
    settings,
)

SECRET = "thirty-two characters, or a few more"

Read = Callable[..., Settings]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    """Read the settings of an environment that has these variables."""

    def read(**variables: str) -> Settings:
        monkeypatch.setattr(module, "_chosen", {})
        for name, value in variables.items():
            monkeypatch.setenv(PREFIX + name, value)
        module._read.cache_clear()
        return settings()

    return read


def test_the_environment_sets_them(read: Read) -> None:
    ours = read(SECRET=SECRET, DATABASE_POOL="7", WORKER="false")

    assert ours.secret.get_secret_value() == SECRET
    assert ours.database_pool == 7
    assert ours.worker is False


def test_the_defaults_are_a_laptops(read: Read) -> None:
    ours = read(SECRET=SECRET)

    assert ours.database_url == "sqlite:///portal.sqlite"
    assert ours.base_url == "http://127.0.0.1:8000"
    assert ours.stripe_key is None
    assert not ours.secure


def test_a_file_may_hold_the_value(read: Read, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n")

    ours = read(SECRET_FILE=str(tmp_path / "secret"))

    assert ours.secret.get_secret_value() == SECRET


def test_a_slip_of_the_pen_is_an_error(read: Read) -> None:
    with pytest.raises(WrongSetting, match="PORTAL_DATABSE_URL"):
        read(SECRET=SECRET, DATABSE_URL="sqlite:///elsewhere.sqlite")


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"SECRET": "too short"},
        {"SECRET": SECRET, "DATABASE_POOL": "1"},
        {"SECRET": SECRET, "TRUSTED_PROXIES": "-1"},
        {"SECRET": SECRET, "WORKER": "perhaps"},
    ],
)
def test_a_value_that_cannot_be_is_refused(read: Read, variables: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        read(**variables)


def test_a_secret_is_not_shown(read: Read) -> None:
    ours = read(SECRET=SECRET, STRIPE_KEY="sk_test_of_ours", STRIPE_WEBHOOK_SECRET="whsec_of_ours")

    assert not {SECRET, "sk_test_of_ours", "whsec_of_ours"} & set(repr(ours).split("'"))


def test_https_makes_cookies_secure(read: Read) -> None:
    assert read(SECRET=SECRET, BASE_URL="https://portal.example").secure


def test_what_the_program_chooses_is_over_the_environment(read: Read) -> None:
    read(SECRET=SECRET, LOG_LEVEL="debug")

    assert configure(log_level="error").log_level == "error"
    assert settings().log_level == "error"
    assert settings().secret.get_secret_value() == SECRET


def test_settings_do_not_change_under_us(read: Read) -> None:
    ours = read(SECRET=SECRET)

    with pytest.raises(ValidationError):
        ours.worker = False  # type: ignore[misc]


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_is_written_down(name: str) -> None:
    paper = Path(__file__).parent.parent / "docs" / "settings.md"

    assert f"| `{PREFIX}{name.upper()}` |" in paper.read_text()


def test_templates_and_static_are_found() -> None:
    assert (TEMPLATES / "base.html").exists()
    assert (STATIC / "htmx.min.js").exists()
