"""Where programs may have people led back to."""

from __future__ import annotations

import pytest

from portal.sites.return_urls import is_listed

OURS = "https://portal.example"
LISTED = ("https://app.example", "http://127.0.0.1:3000")


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example",
        "https://app.example/done?order=7#top",
        "HTTPS://App.Example/done",
        "http://127.0.0.1:3000/back",
        "https://portal.example/account",
    ],
)
def test_a_declared_origin_and_our_own_are_led_to(url: str) -> None:
    assert is_listed(url, LISTED, OURS)


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example.mallory.example/",
        "https://app.example@mallory.example/",
        "https://mallory.example/?https://app.example",
        "https://mallory.example\\@app.example/",
        "https://app.example:8443/",
        "http://app.example/",
        "//app.example/",
        "/account",
        "javascript:alert(1)//https://app.example",
        "https://[app.example",
        "",
    ],
)
def test_no_other_place_is_led_to(url: str) -> None:
    assert not is_listed(url, LISTED, OURS)
