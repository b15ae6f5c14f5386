"""The repository builds anywhere: it names no registry and no machine, and its locks are whole."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-node.lock")
# Written in pieces, so that this file may be searched like every other.
PUBLIC_REGISTRIES = ("pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "yarn" + "pkg.com")
HOMES = re.compile(r"(?<![\w.~])/(?:root|home/[a-z][\w-]*|Users/[A-Za-z][\w-]*)/")


def run(*command: str) -> str:
    """What a command prints; nothing where there is no such command."""
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60).stdout


@cache
def tracked_texts() -> dict[str, str]:
    """Path -> text of every tracked file that is text."""
    names = run("git", "ls-files", "-z").split("\0")
    files = [name for name in names if name and (ROOT / name).is_file()]
    if not files:
        pytest.skip("this is no git checkout")
    texts = {}
    for name in files:
        data = (ROOT / name).read_bytes()
        if b"\0" not in data[:8192]:
            texts[name] = data.decode("utf-8", "replace")
    return texts


@cache
def registries() -> tuple[str, ...]:
    """Hosts of the public registries, and hosts and folders of those that this machine is set up with."""
    told = run(sys.executable, "-m", "pip", "config", "list") + run("npm", "config", "get", "registry")
    found = set(PUBLIC_REGISTRIES)
    for address in re.findall(r"(?:https?|file)://[^\s'\"]+", told):
        parts = urlsplit(address)
        found.add(parts.hostname or parts.path.rstrip("/"))
    return tuple(sorted(found))


def lines_with(needle: str | re.Pattern[str]) -> list[str]:
    """`file:line` wherever a text or pattern occurs in a tracked file."""
    return [
        f"{name}:{number}"
        for name, text in tracked_texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        if (needle in line if isinstance(needle, str) else needle.search(line))
    ]


def test_no_tracked_file_names_a_package_registry() -> None:
    found = {host: places for host in registries() if (places := lines_with(host))}
    assert not found


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    assert not lines_with(HOMES)
    assert not lines_with(f"{Path.home()}/")


def test_no_tracked_file_names_the_folder_of_this_checkout() -> None:
    assert not lines_with(f"{ROOT}/")


def test_the_lock_that_names_registries_is_not_tracked() -> None:
    assert "uv.lock" not in tracked_texts()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_package_with_hashes(lock: str) -> None:
    entries = re.split(r"\n(?=[a-zA-Z0-9])", (ROOT / lock).read_text())
    assert entries
    for entry in entries:
        assert re.match(r"[\w.\[\]-]+==", entry), entry.splitlines()[0]
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "--index-url" not in text
    assert "--find-links" not in text
    assert "://" not in text


def test_what_is_locked_to_run_is_locked_the_same_to_test() -> None:
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+==[^\\\n]+", (ROOT / lock).read_text(), re.MULTILINE))

    assert pins("requirements.lock") <= pins("requirements-dev.lock")


def test_the_page_lock_names_no_address_to_download_from() -> None:
    assert '"resolved": "http' not in (ROOT / "frontend" / "package-lock.json").read_text()
