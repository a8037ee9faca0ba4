"""What the house forbids everywhere, looked for in its source: see STYLE.md and docs/decisions."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from portal.settings import TEMPLATES

PORTAL = Path(__file__).parent.parent / "portal"
NEXT_DOOR = PORTAL / "sandbox"

Found = Callable[[ast.AST], bool]
"""Tells whether a piece of a program breaks a rule."""


def reads_the_environment(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")


def asks_the_time(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="datetime"), attr="now" | "utcnow"):
            return True
        case ast.Attribute(value=ast.Name(id="date"), attr="today"):
            return True
        case ast.Attribute(value=ast.Name(id="time"), attr="time" | "time_ns"):
            return True
    return False


def opens_piccolos_transaction(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr="transaction" | "atomic")):
            return True
    return False


def searches_at_stripe(node: ast.AST) -> bool:
    """Stripe's search lags behind: whether something is there yet, only lists can tell."""
    match node:
        case ast.Attribute(attr="search_async" | "search_auto_paging_iter"):
            return True
        case ast.Constant(value=str(text)):
            return text == "search" or text.endswith("/search")
    return False


def trusts_a_text(node: ast.AST) -> bool:
    match node:
        case ast.Name(id="Markup") | ast.Attribute(attr="Markup"):
            return True
    return False


RULES: dict[str, tuple[Found, set[str], str]] = {
    "only the settings read the environment": (
        reads_the_environment,
        {"settings.py", "database/postgres_copy.py"},  # The latter hands it on to pg_dump.
        "import os\nkey = os.environ['PORTAL_STRIPE_KEY']",
    ),
    "only the clock is asked the time": (
        asks_the_time,
        {"clock.py", "ids.py"},  # The latter stands beside the clock, and sorts by time.
        "from datetime import datetime\nat = datetime.now()",
    ),
    "only our own transactions are opened": (
        opens_piccolos_transaction,
        set(),
        "async def keep():\n    async with DB.transaction():\n        pass",
    ),
    "nothing is looked up by search": (
        searches_at_stripe,
        {
            "migrations/portal_2026_11_22t13_02_00_000032.py",
            "api/customer_lists.py",  # Of our own rows.
            "customers/profile.py",
        },  # A column of ours.
        "found = v1.customers.search_async({'query': 'email'})",
    ),
    "no text is taken for HTML": (
        trusts_a_text,
        set(),
        "from markupsafe import Markup\nname = Markup(typed)",
    ),
}
"""Each with the files that may, and a program that breaks it."""


def broken_by(source: str) -> set[str]:
    """Name the rules that a program breaks."""
    nodes = list(ast.walk(ast.parse(source)))
    return {rule for rule, (found, _, _) in RULES.items() if any(map(found, nodes))}


@cache
def broken_by_us() -> dict[str, set[str]]:
    """Return what each file of ours breaks; the local Stripe is an application of its own."""
    return {
        path.relative_to(PORTAL).as_posix(): broken_by(path.read_text(encoding="utf-8"))
        for path in PORTAL.rglob("*.py")
        if NEXT_DOOR not in path.parents
    }


@pytest.mark.parametrize("rule", RULES)
def test_the_source_keeps_each_rule(rule: str) -> None:
    _, may, _ = RULES[rule]

    assert {file for file, broken in broken_by_us().items() if rule in broken} == may


@pytest.mark.parametrize("rule", RULES)
def test_what_breaks_a_rule_is_found(rule: str) -> None:
    _, _, program = RULES[rule]

    assert broken_by(program) == {rule}


UNESCAPED = re.compile(r"\|\s*safe\b|autoescape\s+false")


@pytest.mark.parametrize("folder", [TEMPLATES, NEXT_DOOR / "templates"], ids=["ours", "stripe's"])
def test_no_page_leaves_a_text_as_it_is(folder: Path) -> None:
    pages = list(folder.rglob("*.html"))

    assert pages
    assert [path for path in pages if UNESCAPED.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    "page", ["{{ name|safe }}", "{{ name | safe }}", "{% autoescape false %}{{ name }}"]
)
def test_a_page_that_does_is_found(page: str) -> None:
    assert UNESCAPED.search(page)
