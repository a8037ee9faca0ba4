"""Which modules are changed: the pure ones, the outbox, the inbox, the tickets, Stripe's door."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.mutants.readers import is_for_readers

ROOT = Path(__file__).parent.parent.parent
_ROOMS = ("portal.operations", "portal.webhooks")
# The last two are pure, but for rows of their room that only a type checker sees.
_NAMED = (
    *("portal.billing.inbox", "portal.billing.ticket"),
    *("portal.sites.limits", "portal.subscriptions.sentences"),
)
_CONTRACT = "Pure modules"


def paths(root: Path = ROOT) -> list[Path]:
    """Return the files of these modules, and of what the pure ones import, as the contract does."""
    pure = _pure_modules(root)
    waiting = list(pure)
    while waiting:
        new = {path for name in _imported(waiting.pop()) if (path := _file(root, name))} - pure
        pure |= new
        waiting += new
    rooms = [root.joinpath(*name.split(".")) for name in _ROOMS]
    named = {path for name in _NAMED if (path := _file(root, name))}
    return sorted(pure | named | {path for room in rooms for path in room.glob("*.py")})


def _pure_modules(root: Path) -> set[Path]:
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]
    for contract in contracts["contracts"]:
        if contract["name"].startswith(_CONTRACT):
            return {path for name in contract["source_modules"] if (path := _file(root, name))}
    raise LookupError(_CONTRACT)


def _file(root: Path, name: str) -> Path | None:
    path = root.joinpath(*name.split(".")).with_suffix(".py")
    return path if path.exists() else None


def _imported(path: Path) -> Iterator[str]:
    """Name what a module imports of ours when it runs."""
    waiting: list[ast.AST] = [ast.parse(path.read_text())]
    while waiting:
        node = waiting.pop()
        if is_for_readers(node):
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("portal"):
            if node.module == "portal" or not node.module:
                yield from (f"portal.{alias.name}" for alias in node.names)
            else:
                yield node.module
