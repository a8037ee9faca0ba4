"""Logs: one line of JSON each, on standard error, without secrets and without people in them."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog

# Their lines tell of requests and answers, with what these carry.
_TOO_TALKATIVE = ("stripe", "aiohttp", "httpx", "httpcore", "asyncio", "asyncpg", "aiosqlite")
_HIDDEN = "…"
_NEVER_SHOWN = re.compile(
    r"body|headers?|cookies?|authorization|passw(or)?d|secret|token|code_typed|params|form|typed",
    re.IGNORECASE,
)
_PATTERNS = (
    (re.compile(r"\b((?:sk|rk|pk)_(?:test|live)_)\w+"), r"\1" + _HIDDEN),
    (re.compile(r"\b(whsec_)[\w+/=-]+"), r"\1" + _HIDDEN),
    (re.compile(r"\b(Bearer|Basic)\s+[^\s\"',]+", re.IGNORECASE), r"\1 " + _HIDDEN),
    (re.compile(r"(https?://billing\.stripe\.com/)[^\s\"'<>]+"), r"\1" + _HIDDEN),
    (re.compile(r"(/p/session/)[^\s\"'<>]+"), r"\1" + _HIDDEN),
    (re.compile(r"(/signin/link/)[^\s\"'<>?]+"), r"\1" + _HIDDEN),
    (
        re.compile(
            r"\b((?:__Host-)?(?:session|flow|token|code|password|secret|client_secret)=)"
            r"[^\s&;\"',)]+",
            re.IGNORECASE,
        ),
        r"\1" + _HIDDEN,
    ),
    (re.compile(r"(\w://)[^\s/@]+@"), r"\1" + _HIDDEN + "@"),
    (re.compile(r"(?<![\w.+-])([^\s@<>\"'(),:;=/…])[^\s@<>\"'(),:;=/]*@([\w-]+(?:\.[\w-]+)*)"),
     r"\1" + _HIDDEN + r"@\2"),
    (re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])"), _HIDDEN),
)  # fmt: skip


def configure_logging(level: str, stream: TextIO | None = None) -> None:
    """Send every line of this process, ours and the libraries', through the redaction."""
    written = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _without_secrets,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(written)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    _quieten()
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def redacted(text: str) -> str:
    """Return the text without keys, tokens, cookies, portal addresses and persons' addresses."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


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
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)


def _without_secrets(
    _logger: Any, _name: str, line: structlog.types.EventDict
) -> structlog.types.EventDict:
    return {name: _shown(name, value) for name, value in line.items()}


def _shown(name: str, value: object) -> object:
    if _NEVER_SHOWN.fullmatch(name):
        return _HIDDEN
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _shown(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown(name, inner) for inner in value]
    return redacted(value if isinstance(value, str) else repr(value))
