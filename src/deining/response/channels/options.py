"""Options of a channel as written in `channels.toml` -> a checked dataclass; secrets from the environment alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, ClassVar, Protocol, TypeVar

from deining.domain.errors import WrongData
from deining.domain.notice import ChannelSetting


class Options(Protocol):
    """A dataclass whose fields are strings, numbers, truths and tuples of strings."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


Made = TypeVar("Made", bound=Options)
EXPECTED = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number of seconds above 0",
    "bool": "true or false",
    "tuple[str, ...]": 'a list of texts such as ["one", "two"]',
}


def names_of(kind: type[Options]) -> tuple[str, ...]:
    """Names of the options of a kind of channel."""
    return tuple(field.name for field in fields(kind))


def take_options(kind: type[Made], setting: ChannelSetting) -> Made:
    """The options of a channel, each of its own type.

    Raises
    ------
    WrongData
        Where one is missing, unknown, or not of its type.
    """
    found: dict[str, Any] = {}
    for field in fields(kind):
        if field.name in setting.options:
            found[field.name] = _take(setting, field.name, str(field.type), setting.options[field.name])
        elif field.default is MISSING:
            raise wrong(setting, field.name, "nothing", EXPECTED[str(field.type)])
    if unknown := sorted(setting.options.keys() - set(names_of(kind))):
        raise wrong(setting, unknown[0], "an option that is not known", f"one of {', '.join(names_of(kind))}")
    return kind(**found)


def _take(setting: ChannelSetting, name: str, kind: str, value: Any) -> Any:
    if kind == "float" and isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf:
        return float(value)
    if kind == "tuple[str, ...]" and isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return tuple(value)
    if (kind == "str" and isinstance(value, str)) or (kind == "bool" and isinstance(value, bool)) or (kind == "int" and type(value) is int):
        return value
    raise wrong(setting, name, repr(value), EXPECTED[kind])


def wrong(setting: ChannelSetting, option: str, found: str, expected: str) -> WrongData:
    """The error that says what is wrong with an option."""
    return WrongData(f"channel {setting.name}: {option}: found {found}; expected {expected}")


def read_secret(setting: ChannelSetting, environment: Mapping[str, str], option: str, variable: str) -> str:
    """The secret that an option names the variable of; empty where the option is.

    Raises
    ------
    WrongData
        When the variable is not set. The text never holds a value.
    """
    if not variable:
        return ""
    if not environment.get(variable):
        raise wrong(setting, option, f"{variable}, which is not set", "the name of an environment variable that holds it; set it where deining is started")
    return environment[variable]


def check_choice(setting: ChannelSetting, option: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse what is not one of the choices.

    Raises
    ------
    WrongData
        When it is none of them.
    """
    if value not in choices:
        raise wrong(setting, option, repr(value), f"one of {', '.join(choices)}")
