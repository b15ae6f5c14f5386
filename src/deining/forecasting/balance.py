"""Balance: what must go by the gates that are not counted now, for zones to fill and empty as they do."""

from __future__ import annotations

import numpy as np

from deining.domain.drivers import BoolArray
from deining.domain.series import FloatArray
from deining.forecasting.channels import Channels

RIDGE = 0.1
"""Draws what is found towards nobody, so that a gate does not explain what is chance."""


def find_unseen(channels: Channels, change: FloatArray, expected: FloatArray, unseen: BoolArray) -> FloatArray:
    """Persons/min through each channel that is not counted, beyond what is expected there; 0 where it is counted.

    The smallest net flows over the uncounted gates that explain by how much each zone fills faster than all expected flows
    together would have it (ridge regression). A gate between two zones moves people from one to the other.

    Parameters
    ----------
    change
        Persons/min by which each zone fills, shape (zones,); NaN where it is not known.
    expected
        Persons/min through each channel, shape (channels,).
    unseen
        Whether a channel is not counted now, shape (channels,).

    Returns
    -------
    ndarray
        Shape (channels,), never negative: one of a gate's two ways is 0.
    """
    zones, ways, found = len(channels.zones), channels.ways, np.zeros(2 * channels.ways)
    gates = np.flatnonzero(unseen[:ways] & unseen[ways:])
    known = ~np.isnan(change)
    if not len(gates) or not known.any():
        return found
    net = _into(channels, expected, zones)
    moves = np.zeros((zones + 1, len(gates)))
    moves[channels.head[gates], np.arange(len(gates))] += 1
    moves[channels.tail[gates], np.arange(len(gates))] -= 1
    moves = moves[:zones][known]
    surplus = (change - net)[known]
    flow = moves.T @ np.linalg.solve(moves @ moves.T + RIDGE * np.eye(len(moves)), surplus)
    found[gates], found[gates + ways] = np.maximum(flow, 0.0), np.maximum(-flow, 0.0)
    return found


def _into(channels: Channels, flow: FloatArray, zones: int) -> FloatArray:
    """Persons/min by which flows fill each zone; outside is the last entry and is dropped."""
    net = np.zeros(zones + 1)
    np.add.at(net, channels.head, flow)
    np.add.at(net, channels.tail, -flow)
    return net[:zones]
