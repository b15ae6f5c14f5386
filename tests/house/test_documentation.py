"""Every command, setting, part and decision is documented, and no link leads nowhere."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from deining.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
DECISIONS = sorted(page for page in (DOCS / "decisions").glob("*.md") if page.name != "README.md")
HEADINGS = ["Context", "Options", "Decision", "What gets harder", "Where it shows in the code", "Which check guards it"]
STATUSES = {"accepted, built", "accepted, partly built", "accepted, not built yet", "replaced"}
REGISTRIES = [
    ("deining.sources", "SOURCES"),
    ("deining.estimation", "ESTIMATORS"),
    ("deining.estimation.error_models", "ERROR_MODELS"),
    ("deining.forecasting", "FORECASTERS"),
    ("deining.risk.rules", "RULES"),
    ("deining.response.channels", "CHANNELS"),
]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@cache
def help_text(*words: str) -> str:
    """What `deining ... --help` prints."""
    program = "import sys; from deining.cli import main; sys.argv[0] = 'deining'; sys.exit(main())"
    result = subprocess.run([sys.executable, "-c", program, *words, "--help"], capture_output=True, text=True, timeout=120, env={"COLUMNS": "200", "PATH": ""})
    assert result.returncode == 0, result.stderr
    return result.stdout


@cache
def commands() -> tuple[str, ...]:
    """Names of all commands, read from the first choice in the help."""
    found = re.search(r"\{([\w,-]+)\}", help_text())
    assert found, "the help of deining lists no commands"
    return tuple(found.group(1).split(","))


def test_every_command_has_its_section() -> None:
    text = (REFERENCE / "commands.md").read_text()
    assert [command for command in commands() if f"\n## deining {command}\n" not in text] == []


def test_every_option_of_a_command_stands_in_its_section() -> None:
    sections = dict(re.findall(r"\n## deining ([\w-]+)\n(.*?)(?=\n## |\Z)", (REFERENCE / "commands.md").read_text(), re.DOTALL))
    missing = [
        f"{command} {option}"
        for command in commands()
        for option in sorted(set(re.findall(r"--[a-z][\w-]*", help_text(command))) - {"--help"})
        if option not in sections.get(command, "")
    ]
    assert missing == []


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_every_setting_is_documented_with_its_default(field) -> None:  # type: ignore[no-untyped-def]
    row = re.search(rf"^\| `{field.name}` \| ([^|]*) \| (.+) \|$", (REFERENCE / "settings.md").read_text(), re.MULTILINE)
    assert row, f"docs/reference/settings.md has no row for {field.name}"
    written = row.group(1).strip()
    assert type(field.default)(written if isinstance(field.default, str) else written.replace("_", "")) == field.default


def test_no_setting_is_documented_that_is_not_there() -> None:
    documented = set(re.findall(r"^\| `(\w+)` \|", (REFERENCE / "settings.md").read_text(), re.MULTILINE))
    assert documented == {field.name for field in fields(Settings)}


@pytest.mark.parametrize(("module", "registry"), REGISTRIES)
def test_every_part_is_documented(module: str, registry: str) -> None:
    text = (REFERENCE / "parts.md").read_text()
    section = text.partition(f"`{module}.{registry}`")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([\w-]+)` \|", section, re.MULTILINE)) == set(getattr(importlib.import_module(module), registry))


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_its_status_its_date_and_all_headings(page: Path) -> None:
    text = page.read_text()
    status = re.search(r"^- Status: (.+)$", text, re.MULTILINE)
    assert status
    assert status.group(1) in STATUSES
    assert re.search(r"^- Date: \d{4}-\d{2}-\d{2}$", text, re.MULTILINE)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert all(part.strip() for part in re.split(r"^## .+$", text, flags=re.MULTILINE)[1:])


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_stands_in_the_index_with_its_status(page: Path) -> None:
    status = re.search(r"^- Status: (.+)$", page.read_text(), re.MULTILINE)
    assert status
    row = next((line for line in (DOCS / "decisions" / "README.md").read_text().splitlines() if f"({page.name})" in line), "")
    assert row.endswith(f"| {status.group(1)} |")


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_that_is_built_names_files_that_are_there(page: Path) -> None:
    text = page.read_text()
    if "- Status: accepted, not built yet" in text:
        return
    named = re.findall(r"`((?:src|tests|docs|frontend|benchmarks)/[\w./-]*)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_link_leads_nowhere(page: Path) -> None:
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()) if "://" not in target]
    assert [target for target in targets if target and not (page.parent / target).exists()] == []


def test_every_page_is_reached_from_the_index() -> None:
    index = (DOCS / "README.md").read_text() + (DOCS / "decisions" / "README.md").read_text() + (REFERENCE / "parts.md").read_text()
    assert [name_of(page) for page in DOCS.rglob("*.md") if page.name != "README.md" and f"{page.name})" not in index] == []


def test_the_readme_has_the_two_commands_and_a_picture() -> None:
    text = (ROOT / "README.md").read_text()
    assert "\n    make demo" in text
    assert "\n    make test" in text
    assert "](docs/images/demo.png)" in text


def test_every_make_target_says_what_it_does() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^\.PHONY: ([\w-]+)$", text, re.MULTILINE)
    assert {"help", "demo", "test", "lint", "bench"} <= set(targets)
    assert [target for target in targets if not re.search(rf"^{target}:.* ## \w", text, re.MULTILINE)] == []


def test_the_changelog_knows_the_version() -> None:
    from deining import __version__

    assert re.search(rf"^## {re.escape(__version__)}\b", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_every_table_of_levels_is_documented_with_its_thresholds() -> None:
    from deining.domain.literature import LEVEL_TABLES

    text = (REFERENCE / "levels.md").read_text()
    for name, scale in LEVEL_TABLES.items():
        row = re.search(rf"^\| `{name}` \| `([^`]+)` \| ([\d.]+)[^|]*\| ([\d.]+)[^|]*\| ([\d.]+)[^|]*\|$", text, re.MULTILINE)
        assert row, f"docs/reference/levels.md has no row for {name}"
        assert (row.group(1), *map(float, row.groups()[1:])) == (scale.quantity, scale.yellow, scale.orange, scale.red)
