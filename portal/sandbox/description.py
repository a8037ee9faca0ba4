"""The page that describes the control API exactly, and lists the operations of the API."""

from __future__ import annotations

from portal.sandbox.controls import CONTROLS
from portal.sandbox.operations import all_operations
from portal.sandbox.rendering import page
from portal.sandbox.wire import Answer


def description_page(base: str) -> Answer:
    """Give the page."""
    return page("docs.html", base, described=CONTROLS, operations=all_operations())
