"""One line of what the doctor found."""

from __future__ import annotations

from portal.doctor.finding import Finding, failed, ok, warning


def test_each_finding_says_how_bad_it_is_and_of_whom() -> None:
    assert ok("disk", "Room enough.") == Finding("disk", "ok", "Room enough.", "")
    assert warning("disk", "Little room.") == Finding("disk", "warning", "Little room.", "")
    assert failed("disk", "No room.") == Finding("disk", "failed", "No room.", "")
    assert [make("key", "", "acme").company for make in (ok, warning, failed)] == ["acme"] * 3
