"""Observations -> zone states, flow states and sensor health.

Counting people in a zone is book-keeping: who came in minus who went out, over every gate of its cordon. Counters
miss people, each at its own unknown rate, so the books drift; cameras, device counters and panels see a share that
nobody knows either, but they do not drift. Held against each other they give away each other's rates. What is left
unknown widens the interval; a silent sensor is taken out, and is never read as "nobody there".
"""

from deining.estimation.counting import PlainCounting
from deining.estimation.districts import DistrictEstimator
from deining.estimation.zone_estimator import ZoneEstimator

ESTIMATORS: dict[str, type[PlainCounting] | type[ZoneEstimator] | type[DistrictEstimator]] = {
    "filter": ZoneEstimator,
    "districts": DistrictEstimator,
    "counting": PlainCounting,
}
"""The estimators by name; the settings choose one."""
