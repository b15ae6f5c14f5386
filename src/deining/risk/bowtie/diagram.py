"""Binary decision diagrams: whether something happens, as a function of independent basic events, enumerated without repeats.

References
----------
Bryant, "Graph-based algorithms for Boolean function manipulation", IEEE Transactions on Computers C-35 (8), 1986, 677-691.
Rauzy, "New algorithms for fault trees analysis", Reliability Engineering and System Safety 40 (3), 1993, 203-211.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

from deining.domain.errors import WrongData
from deining.domain.series import FloatArray

NEVER, ALWAYS = 0, 1
IntArray = npt.NDArray[np.int64]
MOST_NODES = 200_000
Combine = Callable[[int, int], int]


class Diagram:
    """Builds reduced ordered diagrams that share their parts; a function is the number of its node.

    Variables are numbered in the order in which they are decided. Equal functions are the same node.

    Raises
    ------
    WrongData
        Where a function has more nodes than can be worked out in reasonable time.
    """

    def __init__(self) -> None:
        self._nodes: list[tuple[int, int, int]] = [(-1, NEVER, NEVER), (-1, ALWAYS, ALWAYS)]
        self._numbers: dict[tuple[int, int, int], int] = {}
        self._both: dict[tuple[int, int], int] = {}
        self._either: dict[tuple[int, int], int] = {}

    def variable(self, number: int) -> int:
        """The function that is true when this basic event happens."""
        return self._node(number, NEVER, ALWAYS)

    def all_of(self, functions: Iterable[int]) -> int:
        """True when all are; true of none."""
        return reduce(self._and, functions, ALWAYS)

    def any_of(self, functions: Iterable[int]) -> int:
        """True when at least one is; false of none."""
        return reduce(self._or, functions, NEVER)

    def _node(self, variable: int, low: int, high: int) -> int:
        if low == high:
            return low
        key = (variable, low, high)
        if key not in self._numbers:
            if len(self._nodes) >= MOST_NODES:
                raise WrongData(
                    "the barriers of this bowtie are shared by too many threats to enumerate; split it, or let fewer barriers stand on many threats"
                )
            self._numbers[key] = len(self._nodes)
            self._nodes.append(key)
        return self._numbers[key]

    def _and(self, a: int, b: int) -> int:
        if a == b or b == ALWAYS:
            return a
        if a == ALWAYS:
            return b
        if NEVER in (a, b):
            return NEVER
        return self._apply(self._both, self._and, a, b)

    def _or(self, a: int, b: int) -> int:
        if a == b or b == NEVER:
            return a
        if a == NEVER:
            return b
        if ALWAYS in (a, b):
            return ALWAYS
        return self._apply(self._either, self._or, a, b)

    def _apply(self, known: dict[tuple[int, int], int], combine: Combine, a: int, b: int) -> int:
        key = (a, b) if a < b else (b, a)
        if key not in known:
            (variable_a, low_a, high_a), (variable_b, low_b, high_b) = self._nodes[a], self._nodes[b]
            variable = min(variable_a, variable_b)
            if variable_a != variable:
                low_a = high_a = a
            if variable_b != variable:
                low_b = high_b = b
            known[key] = self._node(variable, combine(low_a, low_b), combine(high_a, high_b))
        return known[key]

    def plan(self, roots: Sequence[int]) -> Plan:
        """What is needed to work out the probabilities of some functions, and nothing else."""
        reached: set[int] = set()
        waiting = [root for root in roots if root > ALWAYS]
        while waiting:
            node = waiting.pop()
            if node not in reached:
                reached.add(node)
                waiting += [child for child in self._nodes[node][1:] if child > ALWAYS]
        ordered = sorted(reached, key=lambda node: -self._nodes[node][0])
        place = {NEVER: NEVER, ALWAYS: ALWAYS} | {node: index + 2 for index, node in enumerate(ordered)}
        layers: list[Layer] = []
        for variable in sorted({self._nodes[node][0] for node in reached}, reverse=True):
            members = [node for node in ordered if self._nodes[node][0] == variable]
            low, high = (np.array([place[self._nodes[node][side]] for node in members], dtype=np.int64) for side in (1, 2))
            layers.append(Layer(variable, place[members[0]], low, high))
        return Plan(size=len(ordered) + 2, layers=tuple(layers), roots=np.array([place[root] for root in roots], dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Layer:
    """The nodes that decide one variable, in a row from `first` on, and where each leads."""

    variable: int
    first: int
    low: IntArray
    high: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Probabilities of some functions from those of the basic events, bottom up, for many cases at once."""

    size: int
    layers: tuple[Layer, ...]
    roots: IntArray

    @property
    def variables(self) -> list[int]:
        """The basic events on which any of the functions depends."""
        return sorted(layer.variable for layer in self.layers)

    def chances(self, probabilities: FloatArray) -> FloatArray:
        """Probability of each function, exact.

        Parameters
        ----------
        probabilities
            Of each basic event; shape (variables, cases).

        Returns
        -------
        FloatArray
            Shape (functions, cases).
        """
        values = np.empty((self.size, probabilities.shape[1]))
        values[NEVER], values[ALWAYS] = 0.0, 1.0
        for layer in self.layers:
            low = values[layer.low]
            values[layer.first : layer.first + len(layer.low)] = low + probabilities[layer.variable] * (values[layer.high] - low)
        found: FloatArray = values[self.roots]
        return found
