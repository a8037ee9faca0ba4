"""A copy of the whole tree, in which one file at a time is changed: never the checkout itself."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LEFT_OUT = (
    ".git",
    ".venv",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
    "build",
    "dist",
    "*.sqlite*",
)


@contextmanager
def copied(root: Path) -> Iterator[Path]:
    """Copy the tree into a folder that goes afterwards."""
    # A short name: PostgreSQL's socket lies beside it, and may have 107 letters.
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        # PostgreSQL, which may run as somebody else, has its data beside the tree.
        Path(folder).chmod(0o711)
        tree = Path(folder) / "tree"
        shutil.copytree(root, tree, ignore=shutil.ignore_patterns(*_LEFT_OUT))
        yield tree


@contextmanager
def changed(path: Path, source: str) -> Iterator[None]:
    """Have this source in a file for a while."""
    former, stat = path.read_text(), path.stat()
    path.write_text(source)
    # Python trusts a compiled file by the second and the size of its source.
    os.utime(path, (stat.st_atime, stat.st_mtime + 7))
    try:
        yield
    finally:
        path.write_text(former)
        os.utime(path, (stat.st_atime, stat.st_mtime))
