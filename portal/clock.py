"""What time it is, asked nowhere else; and times as they come back from where they were kept."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return this moment, aware, in UTC."""
    return datetime.now(UTC)


def stored_moment(found: datetime | str) -> datetime:
    """Read a time: where a statement asks for more than a column, SQLite gives it as text."""
    return datetime.fromisoformat(found) if isinstance(found, str) else found


def stored_time(found: datetime | str | None) -> datetime | None:
    """Read a time that need not be there."""
    return None if found is None else stored_moment(found)
