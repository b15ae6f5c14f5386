"""Tables of the literature, each once, with its source. Thresholds of a place are its own; these are the field's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deining.domain.levels import LevelQuantity, LevelScale


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelOfServiceTable:
    """A named table of levels of service A-F.

    Parameters
    ----------
    limits
        Upper limits of A, B, C, D and E in `unit`; above the last is F.
    """

    name: str
    unit: str
    limits: tuple[float, float, float, float, float]
    source: str

    def level_of_service(self, value: float) -> str:
        """Letter A-F of a value in the table's unit.

        Examples
        --------
        >>> FRUIN_WALKING_DENSITY.level_of_service(0.5)
        'C'
        >>> FRUIN_WALKING_DENSITY.level_of_service(0.31)
        'A'
        """
        return "ABCDEF"[sum(value > limit for limit in self.limits)]


FRUIN = "J. J. Fruin, Pedestrian Planning and Design, 1971, levels of service for walkways"
FRUIN_WALKING_DENSITY = LevelOfServiceTable(name="Fruin, walking", unit="persons/m2", limits=(0.31, 0.43, 0.72, 1.08, 2.17), source=FRUIN)
FRUIN_WALKING_FLOW = LevelOfServiceTable(name="Fruin, walking", unit="persons/(m min)", limits=(23.0, 33.0, 49.0, 66.0, 82.0), source=FRUIN)
QUEUEING_HCM = LevelOfServiceTable(
    name="queueing, HCM variant",
    unit="persons/m2",
    limits=(0.83, 1.11, 1.43, 3.33, 5.00),
    source="Highway Capacity Manual, pedestrian queueing areas, after Fruin 1971",
)
TABLES = {"fruin_walking_density": FRUIN_WALKING_DENSITY, "fruin_walking_flow": FRUIN_WALKING_FLOW, "queueing_hcm": QUEUEING_HCM}


@dataclass(frozen=True, slots=True, kw_only=True)
class LiteratureNumber:
    """One number with its unit, what it means, and where it was read."""

    value: float
    unit: str
    meaning: str
    source: str


FRUIN_DANGER = "J. J. Fruin, as cited in EPJ Data Science"
MOVING_REDUCED = LiteratureNumber(value=2.0, unit="persons/m2", meaning="a moving crowd slows down", source=FRUIN_DANGER)
MOVING_CONTACT = LiteratureNumber(value=3.57, unit="persons/m2", meaning="involuntary contact in a moving crowd", source=FRUIN_DANGER)
MOVING_DANGER = LiteratureNumber(value=5.55, unit="persons/m2", meaning="potentially dangerous forces in a moving crowd", source=FRUIN_DANGER)
STANDING_CRITICAL = LiteratureNumber(value=7.1, unit="persons/m2", meaning="a standing crowd is critical", source=FRUIN_DANGER)
FLOW_TURNS_DOWN = LiteratureNumber(
    value=2.0, unit="persons/m2", meaning="flow turns down at 2 to 3 persons/m2", source="G. K. Still, Introduction to Crowd Science, 2014"
)
EVENT_SAFETY_MOVING = LiteratureNumber(value=4.0, unit="persons/m2", meaning="limit for a moving crowd", source="HSE, The Event Safety Guide (HSG195), 1999")
EVENT_SAFETY_STANDING = LiteratureNumber(
    value=4.7, unit="persons/m2", meaning="limit for a standing crowd", source="HSE, The Event Safety Guide (HSG195), 1999"
)
GREEN_GUIDE_LEVEL_EXIT = LiteratureNumber(
    value=82.0, unit="persons/(m min)", meaning="exit capacity on the level", source="Guide to Safety at Sports Grounds (Green Guide), as used by a UK county"
)
GREEN_GUIDE_STEPPED_EXIT = LiteratureNumber(
    value=66.0,
    unit="persons/(m min)",
    meaning="exit capacity of a stepped surface",
    source="Guide to Safety at Sports Grounds (Green Guide), as used by a UK county",
)
AMSTERDAM_YELLOW = LiteratureNumber(
    value=21.0,
    unit="persons/(m min)",
    meaning="three sites in Amsterdam turn yellow",
    source="municipality of Amsterdam, table of the crowd monitoring system; derived from its published data",
)
AMSTERDAM_RED = LiteratureNumber(
    value=27.0,
    unit="persons/(m min)",
    meaning="three sites in Amsterdam turn red",
    source="municipality of Amsterdam, table of the crowd monitoring system; derived from its published data",
)


def _letters(table: LevelOfServiceTable, quantity: LevelQuantity, name: str, first: int) -> LevelScale:
    """Yellow, orange and red where three letters of a table in a row begin."""
    yellow, orange, red = table.limits[first : first + 3]
    letters = "BCDEF"[first : first + 3]
    source = f"{table.source}; yellow, orange and red where {letters[0]}, {letters[1]} and {letters[2]} begin (deining's choice of letters)"
    return LevelScale(quantity=quantity, yellow=yellow, orange=orange, red=red, source=source, table=name)


LEVEL_TABLES: Mapping[str, LevelScale] = {
    "fruin_walking_density": _letters(FRUIN_WALKING_DENSITY, LevelQuantity.DENSITY, "fruin_walking_density", 2),
    "fruin_walking_flow": _letters(FRUIN_WALKING_FLOW, LevelQuantity.SPECIFIC_FLOW, "fruin_walking_flow", 2),
    "queueing_hcm": _letters(QUEUEING_HCM, LevelQuantity.DENSITY, "queueing_hcm", 2),
    "fruin_danger_moving": LevelScale(
        quantity=LevelQuantity.DENSITY,
        yellow=MOVING_REDUCED.value,
        orange=MOVING_CONTACT.value,
        red=MOVING_DANGER.value,
        source=f"{FRUIN_DANGER}: {MOVING_REDUCED.meaning}, {MOVING_CONTACT.meaning}, {MOVING_DANGER.meaning}",
        table="fruin_danger_moving",
    ),
    "amsterdam_flow": LevelScale(
        quantity=LevelQuantity.SPECIFIC_FLOW,
        yellow=AMSTERDAM_YELLOW.value,
        orange=(AMSTERDAM_YELLOW.value + AMSTERDAM_RED.value) / 2,
        red=AMSTERDAM_RED.value,
        source=f"{AMSTERDAM_YELLOW.source}; orange half way (deining's choice)",
        table="amsterdam_flow",
    ),
}
"""Scales that an area may take by name, `table = "..."` in [[levels]]."""
