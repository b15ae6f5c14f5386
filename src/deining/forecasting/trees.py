"""LightGBM, imported when trees are first needed: that takes a second or two, and most commands never ask for a forecast."""

from __future__ import annotations

import importlib
from typing import Any

from deining.domain.errors import WrongUse

Booster = Any
"""Trees that were learned."""


def lightgbm(name: str = "lightgbm") -> Any:
    """The package.

    Raises
    ------
    WrongUse
        When it cannot be loaded: its wheel needs the system's OpenMP library.
    """
    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as error:
        raise WrongUse(
            f"{name} cannot be loaded ({error}); install the OpenMP library (on Debian and Ubuntu: apt install libgomp1), or take the model ordinary_weeks"
        ) from None
