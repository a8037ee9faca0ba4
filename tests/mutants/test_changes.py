"""What counts as a change, and what is left as it is."""

from __future__ import annotations

import ast

import pytest

from tests.mutants.changes import changes_of
from tests.mutants.modules import ROOT, paths


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("a < b", ["a <= b", "a >= b"]),
        ("a == b != c", ["a != b != c", "a == b == c"]),
        ("a is not None", ["a is None"]),
        ("a in b", ["a not in b"]),
        ("a and b", ["a or b"]),
        ("not a", ["a"]),
        ("a + b", ["a - b"]),
        ("a //= b", ["a /= b"]),
        ("min(a)", ["pass", "max(a)"]),
        ("x = 1", ["x = 2"]),
        ("x = True", ["x = False"]),
        ("x = 'new'", ["x = 'XXnew'"]),
        ("x = f'{a}:{b}'", ['x = ""']),
        ("x = f(a, b=c, d=e)", ["x = f(a,  d=e)", "x = f(a, b=c, )"]),
        ("x.y = z", ["pass"]),
        ("await f()", ["pass"]),
        ("raise Refused", ["pass"]),
        ("x = a if b else c", ["x = a if True else c", "x = a if False else c"]),
        ("x = [a for a in b if c]", ["x = [a for a in b if True]", "x = [a for a in b if False]"]),
        ("while a: break", ["while False: break", "while a: continue"]),
        ("def f(): return g", ["def f(): return None"]),
        ("ä = 'é' < b", ["ä = 'é' <= b", "ä = 'é' >= b", "ä = 'XXé' < b"]),
    ],
)
def test_each_kind_of_change_is_made_where_it_belongs(source: str, changed: list[str]) -> None:
    made = [change.made_in(source) for change in changes_of(source)]

    assert sorted(made) == sorted(changed)


@pytest.mark.parametrize(
    ("sql", "changed"),
    [
        ("UPDATE t SET a = {} WHERE b = {}", ["UPDATE t SET a = {} WHERE b <> {}"]),
        ("SELECT a WHERE b < {}", ["SELECT a WHERE b >= {}"]),
        ("SELECT a WHERE b IS NULL", ["SELECT a WHERE b IS NOT NULL"]),
        ("DELETE FROM t WHERE NOT EXISTS b", ["DELETE FROM t WHERE EXISTS b"]),
        ("SELECT a ORDER BY b, id", ["SELECT a ORDER BY 1, id"]),
        ("SELECT 'a' WHERE {}", ["SELECT 'XX' WHERE {}"]),
    ],
)
def test_rules_that_are_written_in_sql_are_changed_too(sql: str, changed: list[str]) -> None:
    plain, filled = f'x = "{sql}"', 'x = f"' + sql.replace("{}", "{b}") + '"'

    made = [change.made_in(plain) for change in changes_of(plain)]

    assert made == [f'x = "{each}"' for each in changed]
    assert len(changes_of(filled)) == len(changed)


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring."""',
        "x: Literal['a', 'b']",
        "def f(a: 'int') -> 'str': ...",
        "__all__ = ['a']",
        "log.info('said', why=1)",
        "if TYPE_CHECKING:\n    x = 1",
        "assert a == 1",
        "@dataclass(frozen=True)\nclass A: ...",
        "x = 'A sentence for people.'",
        f"x = {list(range(25))}",
    ],
)
def test_what_only_people_and_type_checkers_read_stays(source: str) -> None:
    assert changes_of(source) == []


def test_what_runs_when_a_module_is_imported_is_told_from_what_runs_later() -> None:
    found = changes_of("x = 1\ndef f(a=2): return 3\n")

    assert {(change.line, change.new, change.runs_at_import) for change in found} == {
        (1, "2", True),
        (2, "3", True),
        (2, "4", False),
        (2, "None", False),
    }


def test_every_change_of_a_module_of_ours_is_another_program() -> None:
    source = (ROOT / "portal" / "operations" / "claim.py").read_text()

    trees = [ast.dump(ast.parse(change.made_in(source))) for change in changes_of(source)]

    assert len(trees) > 50
    assert ast.dump(ast.parse(source)) not in trees
    assert len(set(trees)) == len(trees)


def test_the_modules_are_the_pure_ones_the_outbox_the_inbox_and_the_tickets() -> None:
    names = {str(path.relative_to(ROOT / "portal")) for path in paths()}

    assert {"plans/discounts.py", "customers/postal_code.py", "operations/claim.py"} <= names
    assert {"billing/inbox.py", "billing/ticket.py", "webhooks/stripe.py"} <= names
    assert not any(name.startswith(("database/", "pages/", "sandbox/")) for name in names)
