"""A package that cannot be loaded is said in one sentence."""

from __future__ import annotations

import pytest

from deining.domain.errors import WrongUse
from deining.forecasting.trees import lightgbm


def test_a_package_that_cannot_be_loaded_says_what_to_install() -> None:
    with pytest.raises(WrongUse, match="apt install libgomp1"):
        lightgbm("no_such_package_of_trees")


def test_lightgbm_is_there() -> None:
    assert lightgbm().__version__
