"""A small tree of its own: what its tests assert is noticed, what they do not is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.mutants.modules import ROOT
from tests.mutants.page import BEGIN, END, with_score

_SOURCE = """
def is_new(state: str) -> bool:
    return not state

def is_old(state: str) -> bool:
    return not state

def refuse() -> None:
    raise LookupError
"""
_TESTS = """
from portal.states import is_new, is_old

def test_what_has_no_state_is_new():
    assert is_new("") is True

def test_nothing_about_what_is_old():
    is_old("")
"""


def test_the_score_tells_what_is_asserted_from_what_only_runs(tmp_path: Path) -> None:
    tree = _tree(tmp_path)

    told = _told(tree)

    assert _outcomes(told, 3) == {"killed"}
    assert _outcomes(told, 6) == {"survived"}
    assert _outcomes(told, 9) == {"survived"}
    assert "+    return None" in told
    assert "**2 of 5 noticed, 40.0 %**" in told
    assert "0 of 1 controls" in told
    assert (tree / "portal" / "states.py").read_text() == _SOURCE


def test_the_score_takes_the_place_of_the_former() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter"

    assert with_score(page, "new") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter"


def _tree(folder: Path) -> Path:
    tree = folder / "tree"
    files = {"portal/__init__.py": "", "portal/states.py": _SOURCE, "tests/test_states.py": _TESTS}
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    return tree


def _told(tree: Path) -> str:
    module = str(tree / "portal" / "states.py")
    command = [sys.executable, "-m", "tests.mutants", "--root", str(tree), module]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr


def _outcomes(told: str, line: int) -> set[str]:
    lines = [text.split() for text in told.splitlines() if f" portal/states.py:{line} " in text]
    return {words[3] for words in lines}
