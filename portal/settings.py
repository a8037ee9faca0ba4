"""The only place that reads the environment. Every setting is told of in docs/settings.md."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "PORTAL_"


def _folder(name: str) -> Path:
    """Find a folder that a wheel carries inside the package and a checkout beside it."""
    inside = Path(__file__).parent / name
    return inside if inside.is_dir() else Path(__file__).parent.parent / name


TEMPLATES = _folder("templates")
STATIC = _folder("static")


class Settings(BaseSettings):
    """How this portal runs. PORTAL_X_FILE names a file to read X from."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    database_url: str = "sqlite:///portal.sqlite"
    database_pool: int = Field(default=10, ge=2)
    base_url: str = "http://127.0.0.1:8000"
    secret: SecretStr = Field(min_length=32)
    stripe_key: SecretStr | None = None
    stripe_api: str = "https://api.stripe.com"
    stripe_pages: str | None = Field(default=None, pattern=r"^https://[a-z0-9.-]+(:\d+)?$")
    stripe_webhook_secret: SecretStr | None = None
    stripe_calls_per_s: float | None = Field(default=None, gt=0)
    mail_url: str | None = None
    mail_from: str = "Portal <portal@localhost>"
    check_email_dns: bool = True
    imported_hashes_months: int = Field(default=12, ge=1)
    invoices_kept_years: int = Field(default=10, ge=1, le=100)
    trusted_proxies: int = Field(default=0, ge=0)
    webhook_private_hosts: str = ""
    worker: bool = True
    log_level: str = "info"

    @property
    def private_hosts(self) -> frozenset[str]:
        """The hosts that sellers' webhooks may go to though they are not on the public internet."""
        named = self.webhook_private_hosts.lower().split(",")
        return frozenset(host.strip() for host in named if host.strip())

    @property
    def secure(self) -> bool:
        """Whether browsers reach us over https, so that cookies may be Secure."""
        return self.base_url.startswith("https://")


class WrongSetting(Exception):
    """A PORTAL_… variable that no setting has, or whose value names what there cannot be."""


def wrong_settings(error: ValidationError) -> str:
    """Say which variables are wrong and why, without what they hold."""
    found = (
        f"{PREFIX}{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}." for one in error.errors()
    )
    return " ".join((*found, "docs/settings.md tells of each."))


_chosen: dict[str, Any] = {}


def settings() -> Settings:
    """Return the settings of this process, read once."""
    return _read()


def configure(**values: Any) -> Settings:
    """Run with these values over the environment's from now on: for the demo and for tests."""
    _chosen.update(values)
    _read.cache_clear()
    return _read()


@cache
def _read() -> Settings:
    return Settings(**_from_files(_known_variables()) | _chosen)


def _known_variables() -> list[str]:
    ours = [name for name in os.environ if name.startswith(PREFIX)]
    for name in ours:
        if name.removeprefix(PREFIX).removesuffix("_FILE").lower() not in Settings.model_fields:
            raise WrongSetting(f"{name} is no setting of ours: see docs/settings.md.")
    return ours


def _from_files(names: list[str]) -> dict[str, str]:
    files = [name for name in names if name.endswith("_FILE")]
    return {name.removeprefix(PREFIX).removesuffix("_FILE").lower(): _held(name) for name in files}


def _held(name: str) -> str:
    """Read the file that a variable names; say nothing of its name, which may be the secret."""
    try:
        return Path(os.environ[name]).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise WrongSetting(f"{name} names a file we cannot read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise WrongSetting(f"{name} names a file that is not UTF-8 text.") from error
