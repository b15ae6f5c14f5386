"""`channels.toml` of a data folder or an area folder: which ways to tell people are set up, for what, and to whom."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deining.domain.alert import Priority
from deining.domain.errors import Finding
from deining.domain.notice import LANGUAGES, SCREEN, ChannelForm, ChannelSetting, NoticeKind

FILE_NAME = "channels.toml"
COMMON = ("name", "kind", "kinds", "from_priority", "languages", "areas")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{2,}")
SECRET = re.compile(r"pass(word|wd|phrase)?|secret|token|credential|private_?key|api_?key|signing_?key", re.IGNORECASE)


def read_channels(folder: Path, forms: Mapping[str, ChannelForm], *, area: str | None = None) -> tuple[list[ChannelSetting], list[Finding]]:
    """The channels that a folder sets up, and all that is wrong with them; both empty where it has no such file.

    A channel with a finding is left out. The text of a finding never holds the value of a secret.

    Parameters
    ----------
    forms
        What may be written of each kind of channel.
    area
        Id of the area whose folder it is: its channels are for it alone, and are called `AREA/NAME`.
    """
    file, reader = folder / FILE_NAME, _Reader(forms, area)
    if not file.exists():
        return [], []
    try:
        given = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return [], [Finding(FILE_NAME, "file", f"what cannot be read ({error})", "a TOML file with [[channels]]")]
    rows = given.get("channels", [])
    if extra := sorted(given.keys() - {"channels"}):
        reader.find("top level", repr(extra[0]), "[[channels]] alone")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        reader.find("channels", "no list of tables", "[[channels]], one for each channel")
        rows = []
    found = [channel for number, row in enumerate(rows, 1) if (channel := reader.read(row, number))]
    return found, reader.findings


class _Reader:
    """Reads one file and gathers findings instead of stopping at the first."""

    def __init__(self, forms: Mapping[str, ChannelForm], area: str | None) -> None:
        self.forms, self.area = forms, area
        self.findings: list[Finding] = []
        self._names: set[str] = set()

    def find(self, record: str, found: str, expected: str) -> None:
        self.findings.append(Finding(FILE_NAME, record, found, expected))

    def read(self, row: Mapping[str, Any], number: int) -> ChannelSetting | None:
        known = len(self.findings)
        name = self._name(row.get("name"), number)
        self._check_secrets(row, name)
        kind = self._kind(row.get("kind"), name)
        form = self.forms.get(kind, ChannelForm(()))
        if kind and (extra := sorted(row.keys() - set(COMMON) - set(form.options))):
            self.find(name, f"{extra[0]!r}, which a channel of kind {kind} does not have", f"of {', '.join((*COMMON, *form.options))}")
        kinds = self._names_of(row, name, "kinds", [one.value for one in NoticeKind])
        languages = self._names_of(row, name, "languages", LANGUAGES)
        priority = self._names_of({"from_priority": [row.get("from_priority", "low")]}, name, "from_priority", [one.value for one in Priority])
        areas = self._areas(row, name)
        if len(self.findings) > known:
            return None
        return ChannelSetting(
            name=f"{self.area}/{name}" if self.area else name,
            kind=kind,
            kinds=frozenset(map(NoticeKind, kinds)) if kinds else form.kinds,
            from_priority=Priority(priority[0]),
            languages=tuple(languages) or LANGUAGES,
            areas=tuple(areas),
            options={option: value for option, value in row.items() if option not in COMMON},
        )

    def _name(self, given: Any, number: int) -> str:
        if not isinstance(given, str) or not NAME.fullmatch(given) or given == SCREEN:
            self.find(f"channel {number}", f"name = {given!r}", "a name of its own, of small letters, digits and -, other than screen")
            return f"channel {number}"
        if given in self._names:
            self.find(given, "the name of two channels", "a name that is used once")
        self._names.add(given)
        return given

    def _kind(self, given: Any, name: str) -> str:
        known = sorted(self.forms.keys() - {SCREEN})
        if not isinstance(given, str) or given not in known:
            self.find(name, f"kind = {given!r}", f"one of {', '.join(known)}" + ("; the screen is always there" if given == SCREEN else ""))
            return ""
        return given

    def _check_secrets(self, row: Mapping[str, Any], name: str) -> None:
        """No secret stands in a file, not even where the name of its variable should stand."""
        for option, value in row.items():
            if option.endswith("_env"):
                if not isinstance(value, str) or not VARIABLE.fullmatch(value):
                    self.find(
                        name, f"{option} with something that is no name of a variable", f"the name of an environment variable, such as {option_name(option)}"
                    )
            elif SECRET.search(option):
                self.find(
                    name,
                    f"a secret, as {option}",
                    f"{option}_env with the name of an environment variable that holds it; take the secret out of the file and change it",
                )
            elif isinstance(value, str) and "://" in value and _has_login(value):
                self.find(name, f"a user or password in {option}", "an address without; what is secret stands in an environment variable")

    def _names_of(self, row: Mapping[str, Any], name: str, option: str, known: Collection[str]) -> Sequence[str]:
        given = row.get(option, [])
        if not isinstance(given, list) or any(one not in known for one in given) or (option in row and not given):
            self.find(name, f"{option} = {given!r}", f"of {', '.join(known)}")
            return []
        return given

    def _areas(self, row: Mapping[str, Any], name: str) -> Sequence[str]:
        given = row.get("areas", [])
        if self.area:
            if "areas" in row:
                self.find(name, "areas in an area folder", "no areas: this channel is for its own area")
            return [self.area]
        if not isinstance(given, list) or not all(isinstance(one, str) and one for one in given):
            self.find(name, f"areas = {given!r}", 'a list of areas such as ["strand"], or none for all')
            return []
        return given


def option_name(option: str) -> str:
    """An example of a variable for an option.

    Examples
    --------
    >>> option_name("password_env")
    'DEINING_PASSWORD'
    """
    return "DEINING_" + option.removesuffix("_env").upper()


def _has_login(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.username is not None or parts.password is not None
