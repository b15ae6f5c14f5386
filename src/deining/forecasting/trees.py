"""LightGBM, imported when trees are first needed: that takes a second or two, and most commands never ask for a forecast."""

from __future__ import annotations

import importlib
from typing import Any

Booster = Any
"""Trees that were learned."""


def lightgbm() -> Any:
    """The package."""
    return importlib.import_module("lightgbm")
