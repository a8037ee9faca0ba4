"""What a browser says of itself becomes two plain words, and nothing else is kept."""

from __future__ import annotations

import pytest

from portal.access.user_agent import Device, device_of

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("said", "browser", "system"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
         "Firefox", "Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/142.0.0.0 Safari/537.36",
         "Chrome", "Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {_WEBKIT} Chrome/142.0 Safari/537.36 Edg/142.0",
         "Edge", "Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
         " Version/26.0 Safari/605.1.15", "Safari", "Mac"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
         " Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1", "Chrome", "iPhone"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT} SamsungBrowser/29.0 Chrome/136.0.0.0"
         " Mobile Safari/537.36", "Samsung Internet", "Android"),
        ("curl/8.16.0", "", ""),
        ("", "", ""),
        ("x" * 100_000 + "Firefox", "", ""),
        ("<script>alert(1)</script> \udcff", "", ""),
    ],
)  # fmt: skip
def test_a_browser_is_called_as_its_owner_would(said: str, browser: str, system: str) -> None:
    assert device_of(said) == Device(browser, system)


@pytest.mark.parametrize(
    ("mark", "browser"),
    [
        ("Chrome/142.0 Safari/537.36 OPR/120", "Opera"),
        ("Safari/604.1 OPT/5.0", "Opera"),
        ("Chrome/142.0 YaBrowser/25.1 Safari/537.36", "Yandex Browser"),
        ("Chrome/142.0 Safari/537.36 Vivaldi/7.0", "Vivaldi"),
        ("Chrome/142.0 Safari/537.36 DuckDuckGo/5", "DuckDuckGo"),
        ("Safari/605.1.15 Ddg/18.0", "DuckDuckGo"),
        ("FxiOS/145.0 Safari/605.1.15", "Firefox"),
        ("Chromium/142.0", "Chrome"),
    ],
)
def test_a_browser_that_also_names_others_is_itself(mark: str, browser: str) -> None:
    assert device_of(f"Mozilla/5.0 (X11; CrOS x86_64) {mark}") == Device(browser, "ChromeOS")
    assert device_of(f"Mozilla/5.0 (iPad; CPU OS 18_7) {mark}") == Device(browser, "iPad")


def test_only_the_beginning_is_read() -> None:
    assert device_of("x" * 493 + "Firefox").browser == "Firefox"
    assert device_of("x" * 494 + "Firefox").browser == ""
