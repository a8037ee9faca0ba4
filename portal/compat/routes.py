"""The doors of the documents: their handlers, and how each words what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal.compat import autosubscribe, autosubscribe_usage
from portal.compat.autosubscribe_errors import in_envelope
from portal.web.shapes import shape_for

COMPAT: Sequence[Any] = (
    autosubscribe.create_subscriber,
    autosubscribe.retrieve_subscriber,
    autosubscribe.update_subscriber,
    autosubscribe.cancel_subscriber,
    autosubscribe_usage.send_use,
    autosubscribe_usage.retrieve_use,
)

shape_for("/compat/v1", in_envelope)
