"""The settings, the database and the disk of this machine."""

from __future__ import annotations

import ipaddress
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError

from portal.database import close_database, is_sqlite, open_database, run_sql, schema_state
from portal.doctor.finding import Finding, failed, ok, warning
from portal.errors import DatabaseBusy
from portal.redaction import redacted
from portal.settings import Settings, WrongSetting, settings, wrong_settings

_SQLITE = "sqlite:///"
_LETTERS_OF_A_SECRET = 10
_MOUNTS = Path("/proc/mounts")
# What SQLite's locks and its shared memory cannot be trusted on: https://sqlite.org/wal.html
_SHARED = (
    "9p", "afs", "ceph", "cifs", "fuse.glusterfs", "fuse.s3fs", "fuse.sshfs", "gfs2", "glusterfs",
    "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb3", "smbfs", "virtiofs",
)  # fmt: skip
_GIB = 1024**3
_SCARCE, _TOO_LITTLE = 2 * _GIB, _GIB // 4


def read_settings() -> Finding:
    """Read the settings: without them nothing else can be asked."""
    try:
        settings()
    except ValidationError as wrong:
        return failed("settings", wrong_settings(wrong))
    except WrongSetting as wrong:
        return failed("settings", redacted(str(wrong)))
    return ok("settings", "Every PORTAL_… variable is a setting of ours, and readable.")


def look_at_secret(chosen: Settings) -> Finding:
    """See that the secret is one; that it is long enough, the settings themselves see to."""
    if len(set(chosen.secret.get_secret_value())) < _LETTERS_OF_A_SECRET:
        return failed(
            "secret",
            "PORTAL_SECRET is no random text: whoever guesses it can sign in as anybody. "
            "docs/settings.md says how to make one; afterwards run `portal apply FILE --yes` anew.",
        )
    return ok("secret", "PORTAL_SECRET is long enough.")


def look_at_base_url(url: str) -> Finding:
    """See that browsers reach us where nobody listens in."""
    parts = urlsplit(url)
    if not parts.hostname or parts.path or parts.query or parts.fragment or parts.username:
        return failed(
            "base URL",
            "PORTAL_BASE_URL has to be scheme and host alone, such as https://join.example.com.",
        )
    if parts.scheme == "https":
        return ok("base URL", f"Browsers reach us at {url}, over https.")
    if parts.scheme == "http" and _is_loopback(parts.hostname):
        return ok("base URL", f"Browsers reach us at {url}, on this machine only.")
    return failed("base URL", f"{url} is not https: cookies and forms would cross the net openly.")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def open_for_a_look() -> Finding:
    """Open the database without making or changing anything; left open when all is well."""
    url = settings().database_url
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).is_file():
        return failed("database", f"There is none at {url}: `portal migrate` makes it.")
    try:
        await open_database(prepare=False)
        state = await schema_state()
        version = await _version()
    except DatabaseBusy as busy:
        await close_database()
        return failed("database", redacted(str(busy)))
    except WrongSetting as wrong:
        return failed("database", str(wrong))
    if state == "current":
        return ok("database", f"{version} answers, and its schema is this release's.")
    if state == "newer":
        return failed("database", "It was made by a newer release: update this program.")
    if is_sqlite():
        return failed("database", "It is of an older release: `portal migrate`, or start `serve`.")
    return failed("database", "It is of an older release: run `portal migrate`.")


async def _version() -> str:
    if is_sqlite():
        (row,) = await run_sql("SELECT sqlite_version() AS version")
        return f"SQLite {row['version']}"
    (row,) = await run_sql("SELECT current_setting('server_version') AS version")
    return f"PostgreSQL {row['version']}"


async def look_at_sqlite() -> Finding:
    """See that SQLite's file is in WAL mode, on a disk of this machine."""
    file = Path(settings().database_url.removeprefix(_SQLITE)).resolve()
    kind = filesystem_of(file, _MOUNTS.read_text() if _MOUNTS.exists() else "")
    if kind in _SHARED:
        return failed(
            "SQLite's file",
            f"{file} is on {kind}, a network or shared file system, where SQLite loses data: "
            "move it to a local disk, or use PostgreSQL.",
        )
    (row,) = await run_sql("SELECT journal_mode FROM pragma_journal_mode")
    if row["journal_mode"] != "wal":
        return failed("SQLite's file", f"{file} cannot be in WAL mode: use a local disk.")
    where = f"on a local disk ({kind})" if kind else "on a disk of a kind unknown to us"
    return ok("SQLite's file", f"{file} is in WAL mode, {where}.")


def filesystem_of(file: Path, mounts: str) -> str:
    """Find the kind of file system a file is on, in the words of /proc/mounts; "": unknown."""
    found = ("", "")
    for line in mounts.splitlines():
        _device, at, kind, *_ = line.split(" ")
        at = at.encode().decode("unicode_escape")
        if file.is_relative_to(at) and len(at) >= len(found[0]):
            found = (at, kind)
    return found[1]


def look_at_disks(chosen: Settings) -> Iterator[Finding]:
    """See that there is room where we write."""
    folders = [
        Path(url.removeprefix(scheme)).resolve()
        for url, scheme in ((chosen.database_url, _SQLITE), (chosen.mail_url or "", "file://"))
        if url.startswith(scheme)
    ]
    if not folders:
        yield ok("disk", "Nothing is kept on this machine; look at the database server's disk.")
    for folder in folders:
        yield _room_at(Path(unquote(str(folder))))


def _room_at(path: Path) -> Finding:
    folder = next(each for each in (path, *path.parents) if each.is_dir())
    free = shutil.disk_usage(folder).free
    said = f"{free / _GIB:.1f} GiB are free at {folder}"
    if free < _TOO_LITTLE:
        return failed("disk", f"{said}: make room, or sign-ups will soon be refused.")
    if free < _SCARCE:
        return warning("disk", f"{said}: make room before it is full.")
    return ok("disk", f"{said}.")
