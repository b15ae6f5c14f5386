"""Measure and scenario: what people can do about a crowd, and the sets prepared for a situation."""

from __future__ import annotations

from dataclasses import dataclass

from deining.domain.levels import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What people do (one-way, close, divert).

    Parameters
    ----------
    set_up_s
        Seconds from the decision until it works.
    """

    id: str
    name: str
    owner: str
    set_up_s: float
    where: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A prepared set of measures for a situation: these measures, once a place reaches this level.

    Parameters
    ----------
    places
        Ids of zones or gates it is for; empty for all.
    """

    id: str
    name: str
    level: Level
    measures: tuple[str, ...]
    places: tuple[str, ...] = ()
