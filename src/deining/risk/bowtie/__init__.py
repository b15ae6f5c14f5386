"""Bowtie: which barriers stand between what may go wrong and an overcrowded zone, and how likely that makes it.

A bowtie is drawn by people who know the place: threats on the left, consequences on the right, barriers on both sides.
Here it is a small network of events that happen or not. It is enumerated exactly, by a decision diagram; what nobody knows
exactly comes with an interval, and so does the result. The forecast says how likely the top event is while the barriers are
as usual; the network says by how much a barrier that is not moves those odds.
"""

from __future__ import annotations

from deining.risk.bowtie.assessment import BASE_WORDS, Assessment, Likelihood, Method, assess
from deining.risk.bowtie.statuses import present_statuses
from deining.risk.bowtie.waterfall import WaterfallStep

__all__ = ["BASE_WORDS", "Assessment", "Likelihood", "Method", "WaterfallStep", "assess", "present_statuses"]
