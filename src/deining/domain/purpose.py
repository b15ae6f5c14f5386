"""Purpose: why a sensor may count, on what basis, decided by whom, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """Why data are gathered; a sensor delivers only while its purpose is in force.

    Parameters
    ----------
    text
        The purpose in plain language.
    legal_basis
        The ground in law, in words.
    start, end
        First and last local calendar day on which it is in force (both included).
    """

    id: str
    text: str
    legal_basis: str
    owner: str
    start: date
    end: date

    def is_in_force(self, day: date) -> bool:
        """Whether the purpose is in force on this local calendar day."""
        return self.start <= day <= self.end
