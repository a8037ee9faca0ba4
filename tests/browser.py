"""Which Chromium the journeys run in."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

INSTALLED = (
    "/usr/bin/chromium",
    "/usr/bin/chromium-headless-shell",
    "/usr/bin/google-chrome",
    "/opt/google/chrome/chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# A whole Chromium starts pages of its own for every window: what its address bar would propose, and
# one in reserve. Those cost as much as ours do. Of several such switches the last one counts, so
# what Playwright turns off is named again.
FEATURES_OFF = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess"),
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *("HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding"),
    *("ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect", "AimEnabled"),
    *("OptimizationHints", "NetworkTimeServiceQuerying", "PreconnectToSearch"),
)
LEAN = (f"--disable-features={','.join(FEATURES_OFF)}",)
NAMES = ("chromium", "chromium-browser", "chromium-headless-shell", "google-chrome")


def chromium(playwrights_own: str) -> str | None:
    """Return the browser to start; None: the one that Playwright brought.

    Raises:
        RuntimeError: there is none.
    """
    if named := os.environ.get("CHROMIUM"):
        return named
    if Path(playwrights_own).exists():
        return None
    installed = next((path for path in INSTALLED if Path(path).exists()), None)
    if found := installed or next(filter(None, map(shutil.which, NAMES)), None):
        return found
    raise RuntimeError(
        "No Chromium found: run `make setup`, or `playwright install chromium`, "
        "or name one in CHROMIUM."
    )


if __name__ == "__main__":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = chromium(playwright.chromium.executable_path)
        playwright.chromium.launch(executable_path=path).close()
        print(path or playwright.chromium.executable_path)
