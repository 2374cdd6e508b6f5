"""The expected catch of one member when total demand exceeds the stock, under each allocation rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import lgamma

import numpy as np

from govsim.errors import AnalysisError
from govsim.game.model import Floats

_NODES = 400
"""Nodes of the quadrature over time; the error of an expectation is below a millionth of a unit for usual stocks."""

MAX_DEMANDS = 100_000
"""Maximum sum of the others' demands for which random allocation is computed, as it takes memory in proportion."""


def expected_catch(rule: str, own: int, others: Sequence[int], stock: int) -> float:
    """Return the expected catch of a member.

    Args:
        rule: name of the allocation rule.
        own: the member's demand in units.
        others: the demands of the other members.
        stock: units to be allocated.

    Raises:
        AnalysisError: demand exceeds the stock, and expectations of the rule are not known, or demands are too large.
    """
    if own + sum(others) <= stock:
        return float(own)
    if (expectation := EXPECTATIONS.get(rule)) is None:
        raise AnalysisError(unknown(rule))
    return expectation(own, tuple(sorted(others)), stock)


def unknown(rule: str) -> str:
    """Return why expected catches under an allocation rule are not computed."""
    return f"world.allocation = {rule}: expected catches are computed only for {', '.join(EXPECTATIONS)}"


@lru_cache(maxsize=65536)
def _dealt(own: int, others: tuple[int, ...], stock: int) -> float:
    """The expectation under `random`, where each unit goes to a random member whose demand is not met.

    Let members be served at the events of independent Poisson processes of rate 1 until their demand is met. The order
    of service is that of the rule. The member receives its k-th unit if all others together have received at most
    ``stock - k`` units by then; the time of the k-th event is gamma distributed.
    """
    own, others = min(own, stock), tuple(min(demand, stock) for demand in others)
    if set(others) <= {own}:
        return stock / (len(others) + 1)
    if sum(others) > MAX_DEMANDS:
        raise AnalysisError(
            f"world.allocation = random: expected catches are computed for demands of at most {MAX_DEMANDS:,} units "
            "together; lower the capacity"
        )
    time, weight = _quadrature(own)
    at_most = np.cumsum(_sums(time, others), axis=1)
    units = np.arange(1, own + 1)
    spare = np.minimum(stock - units, at_most.shape[1] - 1)
    log_density = (units - 1) * np.log(time)[:, np.newaxis] - time[:, np.newaxis]
    density = np.exp(log_density - np.array([lgamma(k) for k in units.tolist()]))
    return float(weight @ (density * at_most[:, spare]).sum(axis=1))


def _quadrature(own: int) -> tuple[Floats, Floats]:
    """Nodes and weights over the time in which a member certainly receives its demand."""
    nodes, weights = _legendre()
    latest = own + 12 * own**0.5 + 40
    return latest * (nodes + 1) / 2, latest * weights / 2


@lru_cache(maxsize=1)
def _legendre() -> tuple[Floats, Floats]:
    return np.polynomial.legendre.leggauss(_NODES)


def _counts(time: Floats, demand: int) -> Floats:
    """The distribution of the units received by each time by a member with a demand, shape (times, demand + 1)."""
    below = np.arange(demand)
    logs = below * np.log(time)[:, np.newaxis] - time[:, np.newaxis]
    counts = np.exp(logs - np.array([lgamma(k + 1) for k in below.tolist()]))
    return np.concatenate([counts, np.maximum(0, 1 - counts.sum(axis=1, keepdims=True))], axis=1)


def _sums(time: Floats, demands: tuple[int, ...]) -> Floats:
    """The distribution of the units received together by each time by members with demands."""
    size = 1 << sum(demands).bit_length()
    spectrum = np.ones((len(time), size // 2 + 1), dtype=complex)
    for demand, members in Counter(demands).items():
        spectrum *= np.fft.rfft(_counts(time, demand), size) ** members
    return np.fft.irfft(spectrum, size)


def _in_proportion(own: int, others: tuple[int, ...], stock: int) -> float:
    """The expectation under `proportional`: only ties between remainders are random."""
    total = own + sum(others)
    remainders = [units * stock % total for units in others]
    mine = own * stock % total
    spare = (mine + sum(remainders)) // total
    ahead = sum(remainder > mine for remainder in remainders)
    tied = 1 + remainders.count(mine)
    return own * stock // total + min(1.0, max(0.0, (spare - ahead) / tied))


def _in_random_order(own: int, others: tuple[int, ...], stock: int) -> float:
    """The expectation under `sequential`, over all orders."""
    ways = np.zeros((len(others) + 1, stock + 1))  # by number of members served earlier, and their catch
    ways[0, 0] = 1.0
    for index, demand in enumerate(min(units, stock) for units in others):
        for size in range(index + 1, 0, -1):
            moved = ways[size - 1, : stock + 1 - demand]
            ways[size, demand:] += moved
            ways[size, stock] += ways[size - 1, stock + 1 - demand :].sum()
    left = np.minimum(own, stock - np.arange(stock + 1))
    per_size = ways @ left
    sizes = ways.sum(axis=1)
    return float((per_size / np.where(sizes > 0, sizes, 1)).mean())


EXPECTATIONS: Mapping[str, Callable[[int, tuple[int, ...], int], float]] = {
    "random": _dealt,
    "proportional": _in_proportion,
    "sequential": _in_random_order,
}
"""The expected catch by allocation rule, for demands that exceed the stock together."""
