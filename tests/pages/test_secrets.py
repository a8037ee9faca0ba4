"""What opens doors is nowhere in plain, and what is Ada's is in no answer to anybody else.

Each canary is a value found nowhere else: in what is answered, where it is led to, in the database.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from portal.app import Portal
from portal.billing.endpoints import forget_endpoints
from portal.database import is_sqlite
from portal.piccolo_app import APP_CONFIG
from portal.sealing import seal
from portal.settings import settings
from portal.sites.tables import Company
from tests.databases import ON_SQLITE
from tests.limits import lift_limits
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.pages.canaries import (
    ADA,
    GUESSED,
    TO_STRIPE,
    WEBHOOK_SECRET,
    Scene,
    ada_does_everything,
    mallory_looks_everywhere,
)


@pytest.fixture
async def scene(shop: Shop, portal: Portal, ada: Visitor, mallory: Visitor) -> AsyncIterator[Scene]:
    """A shop that keeps its key and its webhook secret, and limits nothing."""
    await lift_limits()
    kept: dict[Any, Any] = {
        Company.webhook_secrets: seal(json.dumps([WEBHOOK_SECRET]), "webhook_secrets"),
        Company.stripe_key: seal(shop.stripe.key, "stripe_key"),
    }
    await Company.update(kept, force=True)
    forget_endpoints()
    opened = Scene(shop, ada, mallory)
    ada.http.event_hooks["response"].append(opened.hers.note)
    mallory.http.event_hooks["response"].append(opened.others.note)
    yield opened
    forget_endpoints()


async def test_no_secret_is_kept_and_nobody_reads_or_is_led_to_what_is_hers(scene: Scene) -> None:
    await ada_does_everything(scene)
    await mallory_looks_everywhere(scene)

    assert _found(scene.secrets, await _whole_database()) == []
    assert _found(_typed() | scene.secrets, scene.others.pages) == []
    to_stripe = [url for url in scene.hers.led_to if TO_STRIPE.search(url)]
    assert all(url.startswith(f"{scene.shop.stripe.url}/p/session/") for url in to_stripe)
    elsewhere = [url for url in (*scene.hers.led_to, *scene.others.led_to) if url not in to_stripe]
    assert _found(_typed() | scene.secrets, "\n".join(elsewhere)) == []
    # All of it happened, and is seen where it may stand.
    assert len(scene.secrets) >= 10
    assert len(scene.others.answers) > len(GUESSED)
    assert _found(scene.secrets, "\n".join(to_stripe))
    assert _found(_typed(), scene.hers.pages)


@ON_SQLITE
async def test_what_is_kept_as_it_is_would_be_found(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: without fingerprints and seals."""
    monkeypatch.setattr("portal.access.sessions.fingerprint", lambda value: value)

    await ada_does_everything(scene)
    await Company.update({Company.webhook_secrets: json.dumps([WEBHOOK_SECRET])}, force=True)

    found = _found(scene.secrets, await _whole_database())
    assert "webhook secret" in found
    assert any(name.startswith("cookie session") for name in found)


@ON_SQLITE
async def test_a_browser_with_her_cookies_would_read_it(scene: Scene) -> None:
    """The negative control."""
    await ada_does_everything(scene)
    scene.mallory.http.cookies.update(scene.ada.http.cookies)

    await mallory_looks_everywhere(scene)

    assert {"first_name", "last_name", "line1"} <= set(_found(_typed(), scene.others.pages))


def _typed() -> dict[str, str]:
    """Return what only she may read; her address was typed by Mallory too, and her country is."""
    shared = ("email", "country", "state", "postal_code")
    return {name: value for name, value in ADA.items() if name not in shared}


def _found(canaries: dict[str, str], text: str) -> list[str]:
    """Name the canaries that stand in a text as words of their own."""
    return [
        name
        for name, value in canaries.items()
        if value and re.search(rf"(?<![\w-]){re.escape(value)}(?![\w-])", text)
    ]


async def _whole_database() -> str:
    """Return all that is stored: every row, and the very bytes of an SQLite file."""
    rows: list[Any] = [await table.select() for table in APP_CONFIG.table_classes]
    files: Sequence[Path] = ()
    if is_sqlite():
        own = Path(settings().database_url.removeprefix("sqlite:///"))
        files = sorted(own.parent.glob(f"{own.name}*"))
    return "\n".join([json.dumps(rows, default=str), *(_text_of(file) for file in files)])


def _text_of(file: Path) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\xff]", " ", file.read_bytes().decode("latin-1"))
