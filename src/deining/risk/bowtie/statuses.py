"""How the barriers are now: what people said, together with the health of what a barrier follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deining.domain.bowtie import BarrierStatus, Bowtie

BADNESS = (BarrierStatus.UP, BarrierStatus.DEGRADED, BarrierStatus.DOWN)


def present_statuses(bowtie: Bowtie, said: Mapping[str, BarrierStatus], health: Mapping[str, BarrierStatus]) -> dict[str, BarrierStatus]:
    """The status of every barrier of a bowtie.

    Where a person and a followed device both say something, the worse of the two holds: a device that delivers is no proof
    that the stewards are there, and what was said an hour ago is no proof that the camera still works. Where one of them
    does not know, the other holds; where neither knows, the barrier is unknown.

    Parameters
    ----------
    said
        Barrier -> the last that a person said of it.
    health
        `sensor:ID`, `gate:ID` or `measure:ID` -> its status.

    Examples
    --------
    >>> from deining.domain.bowtie import Barrier, Interval, Threat
    >>> from deining.domain.levels import Level
    >>> chance = Interval(0.1, 0.2, 0.3)
    >>> camera = Barrier(id="watch", name="Camera watch", on=("t",), owner="town", effectiveness=chance, follows="sensor:cam-3")
    >>> given = {"zone": "z", "level": Level.RED, "horizon_s": 1800, "top": "Full", "source": "judgement of a test"}
    >>> bowtie = Bowtie(id="b", name="B", threats=(Threat(id="t", name="Rush", chance=chance),), barriers=(camera,), **given)
    >>> present_statuses(bowtie, {"watch": BarrierStatus.UP}, {"sensor:cam-3": BarrierStatus.DOWN})["watch"].value
    'down'
    """
    followed = {barrier.id: health.get(barrier.follows, BarrierStatus.UNKNOWN) for barrier in bowtie.barriers if barrier.follows}
    return {
        barrier.id: _worst(one for one in (said.get(barrier.id), followed.get(barrier.id)) if one not in (None, BarrierStatus.UNKNOWN))
        for barrier in bowtie.barriers
    }


def _worst(known: Iterable[BarrierStatus | None]) -> BarrierStatus:
    return max((one for one in known if one is not None), key=BADNESS.index, default=BarrierStatus.UNKNOWN)
