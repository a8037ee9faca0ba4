"""What we ship is whole: the wheel alone, in an empty environment, from another folder."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
import subprocess
import sys
import zipfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parent.parent
READY_WITHIN_S = 60
STOPPED_WITHIN_S = 5


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an environment that has our wheel, and of others' only what we depend on."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (site,) = environment.glob("lib/python3*/site-packages")
    python = environment / "bin" / "python"
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps"),
            *("--python", python, wheel),
        ],
        check=True,
        capture_output=True,
    )
    # By folder, without the .pth files in it: an editable install must not lead back here.
    ours = Path(next(path for path in sys.path if path.endswith("site-packages")))
    (site / "dependencies.pth").write_text(f"{ours}\n")
    return environment


def test_the_wheel_carries_templates_static_files_and_migrations(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    for folder, inside in [
        ("templates", "portal/templates"),
        ("static", "portal/static"),
        ("portal/migrations", "portal/migrations"),
    ]:
        here = {
            f"{inside}/{path.relative_to(ROOT / folder)}"
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert here
        assert here <= names
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]


def test_the_wheel_says_what_command_it_brings(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (entry,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]

        assert "portal = portal.cli:main" in archive.read(entry).decode()


def test_the_package_is_the_wheels_own(installed: Path, tmp_path: Path) -> None:
    program = "import portal, piccolo_conf; print(portal.__file__); print(piccolo_conf.__file__)"
    said = subprocess.run(
        [installed / "bin" / "python", "-c", program],
        cwd=tmp_path,
        env=clean_environment(),
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()

    assert all(path.startswith(str(installed)) for path in said)


def test_whatever_it_imports_is_installed_with_it() -> None:
    """The environment above has the tests' packages too: the lock tells what an operator gets."""
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), re.M))
    brought_by = packages_distributions()

    alone = {
        package
        for path in (ROOT / "portal").rglob("*.py")
        for package in imported_by(path)
        if not {name.lower().replace("_", "-") for name in brought_by.get(package, ())} & locked
    }

    assert alone == set()
    assert "pytest" in brought_by
    assert "pytest" not in locked


def imported_by(path: Path) -> Iterator[str]:
    """Name the packages of others that a module imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        for name in names:
            package = name.partition(".")[0]
            if package != "portal" and package not in sys.stdlib_module_names:
                yield package


async def test_the_demo_runs_from_another_folder_and_again(installed: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"

    for _ in range(2):
        async with demo(installed, data, cwd=tmp_path) as (said, process):
            async with httpx.AsyncClient(timeout=60) as http:
                pricing = await http.get(said["portal"])
                assert pricing.status_code == 200
                assert "<h1" in pricing.text
                assert (await http.get(f"{said['stripe']}/_sandbox/docs")).status_code == 200
            assert {"portal", "stripe", "stripe_key", "mailbox", "site"} <= said.keys()

            process.terminate()
            await asyncio.wait_for(process.wait(), STOPPED_WITHIN_S)

    assert not [path for path in tmp_path.iterdir() if path.name != "data"]


@asynccontextmanager
async def demo(
    installed: Path, data: Path, cwd: Path
) -> AsyncIterator[tuple[dict[str, Any], Process]]:
    """Run `portal demo` of this environment; gives its one line and its process."""
    process = await asyncio.create_subprocess_exec(
        *(installed / "bin" / "portal", "demo"),
        *("--port", "0", "--data", data, "--json"),
        cwd=cwd,
        env=clean_environment(),
        stdout=PIPE,
    )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), READY_WITHIN_S)
        yield json.loads(line), process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def clean_environment() -> dict[str, str]:
    """Return this environment without what could lead back to the checkout."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PORTAL_", "VIRTUAL_ENV", "COV"))
    }
