"""Logs: one line of JSON each, on standard error, without secrets and without people in them.

What has a shape of its own (keys, tokens, links, e-mail addresses, phone numbers) is known by it.
A name or a street has none: `hide` is told what was typed, and `hide_in` what an error may quote.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, TextIO

import structlog

from portal.redaction import HIDDEN, NEVER_SHOWN, hidden_now, hidden_of, redacted

# Their lines tell of requests and answers, with what these carry.
_TOO_TALKATIVE = ("stripe", "aiohttp", "httpx", "httpcore", "asyncio", "asyncpg", "aiosqlite")
_QUOTED = "_quoted"

log = logging.getLogger(__name__)


def configure_logging(level: str, stream: TextIO | None = None) -> None:
    """Send every line of this process, ours and the libraries', through the redaction."""
    handler = _Lines(stream or sys.stderr)
    handler.setFormatter(_formatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    _quieten()
    _take_over_what_is_printed()
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def redact_last_resort() -> None:
    """Redact what Python prints for a command that keeps no log: warnings and errors."""
    if logging.lastResort:
        logging.lastResort.setFormatter(_formatter())


def _formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _with_what_its_error_may_quote,
            structlog.processors.format_exc_info,
            _without_secrets,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _shared() -> list[structlog.types.Processor]:
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]


def _quieten() -> None:
    for name in _TOO_TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("litestar", "uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)


def _take_over_what_is_printed() -> None:
    """Bring what Python prints by itself, warnings and the last words of errors, here as well."""
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda last: _log_uncaught(
        last.exc_type, last.exc_value or last.exc_type(), last.exc_traceback
    )
    sys.unraisablehook = lambda last: _log_uncaught(
        last.exc_type, last.exc_value or last.exc_type(), last.exc_traceback
    )


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("uncaught", exc_info=(kind, error, trace))


class _Lines(logging.StreamHandler[TextIO]):
    """Writes lines; one that cannot be written is named, not shown as Python would."""

    def handleError(self, record: logging.LogRecord) -> None:
        kind = getattr(sys.exc_info()[0], "__name__", "error")
        place = f"{record.name}:{record.lineno}"
        line = f'{{"event": "logs.unwritable ({kind}) at {place}", "level": "error"}}\n'
        with suppress(Exception):
            self.stream.write(line)


def _with_what_its_error_may_quote(
    _logger: Any, _name: str, line: structlog.types.EventDict
) -> structlog.types.EventDict:
    line[_QUOTED] = (*hidden_now(), *hidden_of(line.get("exc_info")))
    return line


def _without_secrets(
    _logger: Any, _name: str, line: structlog.types.EventDict
) -> structlog.types.EventDict:
    quoted = line.pop(_QUOTED, ())
    return {name: _shown(name, value, quoted) for name, value in line.items()}


def _shown(name: str, value: object, quoted: tuple[str, ...]) -> object:
    if NEVER_SHOWN.fullmatch(name):
        return HIDDEN
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _shown(str(key), inner, quoted) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown(name, inner, quoted) for inner in value]
    return redacted(value if isinstance(value, str) else repr(value), quoted)
