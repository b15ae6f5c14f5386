"""The sentences of `because`, in each language that alerts speak."""

from __future__ import annotations

import math

from deining.domain.levels import LevelQuantity

UNITS = {
    "en": {
        LevelQuantity.DENSITY: "persons per m2",
        LevelQuantity.OCCUPANCY_SHARE: "% of capacity",
        LevelQuantity.FLOW: "persons a minute",
        LevelQuantity.SPECIFIC_FLOW: "persons a minute per metre of width",
        LevelQuantity.RATIO_TO_NORMAL: "times normal",
    },
    "nl": {
        LevelQuantity.DENSITY: "personen per m2",
        LevelQuantity.OCCUPANCY_SHARE: "% van de capaciteit",
        LevelQuantity.FLOW: "personen per minuut",
        LevelQuantity.SPECIFIC_FLOW: "personen per minuut per meter breedte",
        LevelQuantity.RATIO_TO_NORMAL: "keer normaal",
    },
}


def minutes_of(seconds: float) -> int:
    """Whole minutes, rounded up: who has so long to go must not be told less."""
    return math.ceil(seconds / 60)


def figure(value: float, quantity: LevelQuantity, language: str) -> str:
    """A value with its unit, as short as it stays true."""
    shown = 100 * value if quantity is LevelQuantity.OCCUPANCY_SHARE else value
    digits = 0 if shown >= 10 or quantity is LevelQuantity.OCCUPANCY_SHARE else 2 if quantity is LevelQuantity.DENSITY else 1
    text = f"{shown:.{digits}f}"
    unit = UNITS[language][quantity]
    return (text.replace(".", ",") if language == "nl" else text) + ("" if unit.startswith("%") else " ") + unit
