"""The ledger of one zone: which observation moved its figure, and by how many persons."""

from __future__ import annotations

from collections.abc import Iterable

from deining.domain.state import Cause, Contribution


class Ledger:
    """Adds up what moved the mean of one zone, while the filter works through some minutes.

    Parameters
    ----------
    zone
        Id of the zone.
    """

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self._moved: dict[tuple[str | None, Cause], tuple[float, int]] = {}

    def add(self, sensor: str | None, cause: Cause, persons: float, readings: int = 1) -> None:
        """Book some persons; nothing is booked where nothing moved."""
        if persons:
            before, number = self._moved.get((sensor, cause), (0.0, 0))
            self._moved[sensor, cause] = (before + persons, number + readings)

    def contributions(self) -> Iterable[Contribution]:
        """All that was booked, the largest first."""
        rows = [Contribution(sensor=s, cause=c, persons=p, readings=n) for (s, c), (p, n) in self._moved.items()]
        return sorted(rows, key=lambda row: -abs(row.persons))
