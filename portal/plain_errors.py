"""What goes wrong in a command, said to the operator who can mend it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import rich_click as click


@contextmanager
def plain_errors() -> Iterator[None]:
    """Say what is wrong in a sentence, without a traceback, and without what is secret."""
    try:
        yield
    except Exception as wrong:
        sentence = _sentence_of(wrong)
        if not sentence:
            raise
        raise click.ClickException(sentence) from wrong


def _sentence_of(wrong: Exception) -> str:
    """Say what is wrong where an operator can mend it; nothing of what is a mistake of ours."""
    from pydantic import ValidationError

    from portal.database import SchemaMismatch
    from portal.errors import PortalError
    from portal.redaction import redacted
    from portal.settings import WrongSetting, wrong_settings

    match wrong:
        case ExceptionGroup(exceptions=[Exception() as only]):
            return _sentence_of(only)
        case ValidationError():
            return wrong_settings(wrong)
        case PortalError() | SchemaMismatch() | WrongSetting():
            return redacted(str(wrong))
        case OSError(filename=str(file), strerror=str(why)):
            return redacted(f"{file}: {why}.")
        case OSError():
            return redacted(str(wrong))
        case _:
            return ""
