"""Serve static files from memory, under addresses that change with their content."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from portal.errors import NotFound
from portal.settings import STATIC
from portal.web.compression import LEAST_BYTES, gzipped, takes_gzip
from portal.web.scope import Message, Scope, Send, header

PREFIX = "/static/"
_FOREVER = b"public, max-age=31536000, immutable"
_CHECKED = b"public, no-cache"
_TEXT = (
    "text/",
    "application/javascript",
    "image/svg",
    "application/json",
    "application/manifest",
)


# What a page needs together comes with one request.
_JOINED = {
    "look.css": ("tokens.css", "portal.css"),
    "own.css": ("tokens.css", "portal.css", "account.css"),
    "swaps.js": ("htmx.min.js", "portal.js"),
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is sent: packed is None where packing does not pay."""

    media_type: str
    digest: str
    body: bytes
    packed: bytes | None


@cache
def static_files(folder: Path = STATIC) -> dict[str, StaticFile]:
    """Read every file of a folder once, and join what belongs together."""
    read = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    joined = {
        name: b"\n".join(read[part] for part in parts)
        for name, parts in _JOINED.items()
        if set(parts) <= read.keys()
    }
    return {name: as_sent(name, body) for name, body in (read | joined).items()}


@cache
def static_url(name: str) -> str:
    """Return the address of a static file, with its content's hash."""
    return f"{PREFIX}{name}?v={static_files()[name].digest}"


def as_sent(name: str, body: bytes) -> StaticFile:
    """Make a file ready to be sent."""
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    is_text = media_type.startswith(_TEXT)
    packed = gzipped(body, once=True) if is_text and len(body) >= LEAST_BYTES else None
    return StaticFile(
        f"{media_type}; charset=utf-8" if is_text else media_type,
        sha256(body).hexdigest()[:16],
        body,
        packed if packed is not None and len(packed) < len(body) else None,
    )


async def send_static(scope: Scope, send: Send) -> None:
    """Answer with the file that the path names.

    Raises:
        NotFound: there is no such file.
    """
    file = static_files().get(scope["path"].removeprefix(PREFIX))
    if file is None:
        raise NotFound
    await send_file(file, scope, send)


async def send_file(file: StaticFile, scope: Scope, send: Send) -> None:
    """Answer with a file, or with 304 if the client has it."""
    packed = file.packed if takes_gzip(scope) else None
    etag = f'"{file.digest}{"-gzip" if packed else ""}"'
    asked_by_hash = scope["query_string"] == b"v=" + file.digest.encode()
    headers = [
        (b"etag", etag.encode()),
        (b"cache-control", _FOREVER if asked_by_hash else _CHECKED),
        (b"vary", b"Accept-Encoding"),
    ]
    if etag in header(scope, b"if-none-match"):
        await _answer(send, 304, headers, b"")
        return
    body = packed or file.body
    headers.append((b"content-type", file.media_type.encode()))
    headers.append((b"content-length", str(len(body)).encode()))
    if packed:
        headers.append((b"content-encoding", b"gzip"))
    await _answer(send, 200, headers, body)


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    start: Message = {
        "type": "http.response.start",
        "status": status,
        "headers": headers,
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})
