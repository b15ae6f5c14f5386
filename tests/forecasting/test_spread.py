"""Bands from past errors: as wide as their kind of hour and lead were wrong."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deining.domain.forecast import QUANTILES
from deining.forecasting.spread import KINDS, SpreadTable, kind_of_hour


def a_table(n: int = 200_000, special: float = 3.0) -> SpreadTable:
    """Errors of spread 1, on special hours of `special`."""
    rng = np.random.default_rng(1)
    kind = rng.integers(0, 3, n)
    errors = rng.normal(0, 1, n) * np.where(kind == 2, special, 1.0)
    return SpreadTable.from_errors(errors, rng.uniform(0, 100, n), kind, np.ones(n))


def test_a_special_hour_has_the_wider_band_that_its_errors_ask_for() -> None:
    bands = a_table().around(np.full(3, 100.0), np.ones(3), np.full(3, 5.0), np.array([0, 1, 2]))
    width = bands[:, 5] - bands[:, 1]
    assert 2.4 < width[0] < 2.8
    assert 7 < width[2] < 8.5


def test_its_bands_hold_on_new_errors_as_often_as_they_say() -> None:
    rng = np.random.default_rng(2)
    kind = rng.integers(0, 3, 20_000)
    truth = 100 + rng.normal(0, 1, 20_000) * np.where(kind == 2, 3.0, 1.0)
    bands = a_table().around(np.full(20_000, 100.0), np.ones(20_000), rng.uniform(0, 100, 20_000), kind)
    for low, high, share in ((1, 5, 0.80), (0, 6, 0.95)):
        for k in range(len(KINDS)):
            inside = (truth >= bands[:, low]) & (truth <= bands[:, high])
            assert abs(inside[kind == k].mean() - share) < 0.02


def test_few_errors_of_a_kind_lean_on_those_of_all() -> None:
    rng = np.random.default_rng(3)
    errors = np.concatenate([rng.normal(0, 1, 5000), [0.0, 0.0]])
    kind = np.concatenate([np.zeros(5000, dtype=np.int64), [2, 2]])
    bands = SpreadTable.from_errors(errors, np.full(5002, 5.0), kind, np.ones(5002)).around(np.array([50.0]), np.ones(1), np.array([5.0]), np.array([2]))
    assert bands[0, 5] - bands[0, 1] > 2


@given(st.floats(0, 1e6), st.floats(0, 1e4), st.floats(0, 400), st.integers(0, 2))
def test_quantiles_rise_stay_above_zero_and_keep_the_middle(centre: float, width: float, lead_h: float, kind: int) -> None:
    row = a_table(2_000).around(np.array([centre]), np.array([width]), np.array([lead_h]), np.array([kind]))[0]
    assert row[QUANTILES.index(0.5)] == centre
    assert (np.diff(row) >= 0).all()
    assert row[0] >= 0


def test_a_holiday_is_special_however_quiet() -> None:
    base, scale = np.array([1.0, 30.0, 1.0]), np.full(3, 10.0)
    assert [KINDS[k] for k in kind_of_hour(base, scale, np.array([False, False, True]))] == ["quiet", "busy", "special"]
