"""What all rows of the API share: how many digits a figure has, and the names of levels."""

from __future__ import annotations

from typing import Literal

DIGITS = 4
LevelName = Literal["green", "yellow", "orange", "red"]


def rounded(value: float | None) -> float | None:
    """A figure as the API gives it; None stays None."""
    return None if value is None else round(value, DIGITS)
