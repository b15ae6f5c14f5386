"""How many digits a figure of the API has."""

from __future__ import annotations

DIGITS = 4


def rounded(value: float | None) -> float | None:
    """A figure as the API gives it; None stays None."""
    return None if value is None else round(value, DIGITS)
