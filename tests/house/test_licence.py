"""One licence, one version and one date, wherever they are written."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from deining import __version__

ROOT = Path(__file__).parents[2]
LICENCE = "EUPL-1.2"


def value(file: str, key: str) -> str:
    """The first value of a key in a YAML file, without its quotes."""
    found = re.search(rf"^\s*{key}: *(.+)$", (ROOT / file).read_text(), re.MULTILINE)
    assert found, f"{file} has no {key}"
    return found.group(1).strip("\"' ")


def test_every_file_names_the_same_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    page = json.loads((ROOT / "frontend" / "package.json").read_text())
    named = [project["license"], page["license"], value("publiccode.yml", "license"), value("CITATION.cff", "license")]
    assert named == [LICENCE] * 4
    assert f"[{LICENCE}](LICENSE)" in (ROOT / "README.md").read_text()


def test_the_licence_text_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    assert [number for number in range(1, 16) if not re.search(rf"^{number}\.", text, re.MULTILINE)] == []
    assert "Compatible Licences" in text


def test_every_file_names_the_same_version() -> None:
    assert value("publiccode.yml", "softwareVersion") == value("CITATION.cff", "version") == __version__


def test_every_file_names_the_same_date() -> None:
    date = value("publiccode.yml", "releaseDate")
    assert value("CITATION.cff", "date-released") == date
    assert f"## {__version__} - {date}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_short_descriptions_are_short() -> None:
    short = re.findall(r"shortDescription: (.+)", (ROOT / "publiccode.yml").read_text())
    assert len(short) == 2
    assert all(len(text) <= 150 for text in short)
