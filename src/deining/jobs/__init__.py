"""Work on tables that is done once and then ends: replay an evening, forecast, look how good the forecasts were.

The same pipeline and the same models as live; only the clock is a loop over the minutes of a table.
"""

from collections.abc import Iterable
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Progress(Protocol):
    """Shows how far long work is: wraps what is worked through."""

    def __call__(self, items: Iterable[Item], *, total: int, unit: str) -> Iterable[Item]:
        """The same items, in the same order."""
        ...


def no_progress(items: Iterable[Item], *, total: int, unit: str) -> Iterable[Item]:
    """Shows nothing."""
    return items
