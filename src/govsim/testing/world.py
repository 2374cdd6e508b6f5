"""Conformance checks for the commons: growth laws and allocation rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from govsim.commons import Allocation, GrowthLaw
from govsim.testing.conformance import extension, failures_of, repeated, require, require_description, settings_for
from govsim.testing.societies import check_society, temporary_folder

_CAPACITIES = (1, 7, 100)
_SEEDS = range(5)
_DEMANDS: tuple[tuple[Mapping[str, int], int], ...] = (
    ({"Emma": 5, "Jack": 5}, 1),
    ({"Emma": 5, "Jack": 0, "John": 9}, 7),
    ({"Emma": 100, "Jack": 100, "John": 100, "Kate": 100, "Luke": 100}, 100),
    ({"Emma": 1, "Jack": 2, "John": 30, "Kate": 4}, 36),
    ({"Emma": 3, "Jack": 4}, 0),
)
_TIMES = 400
_STANDARD_ERRORS = 5


def check_growth_law(law: type[GrowthLaw] | str, settings: Mapping[str, Any] | None = None) -> None:
    """Check that a growth law returns possible stocks, and depends only on its arguments.

    `grown` must return a whole number in 0..capacity for every number of units left, as must `drawn`, which may draw
    only from the given generator; `least_left` must be the minimum number of units that grow back to the stock; and a
    small society must run with it.

    Args:
        law: the class, or its registered name.
        settings: its settings by key; if None, defaults, and small values for settings without a default.

    Raises:
        ConformanceError: it does not conform; the message states what is wrong and what is expected.
    """
    with extension("growth_laws", law) as found, temporary_folder() as folder:
        what = f"growth law {found.name}"
        require_description(what, found.value)
        values = settings_for(what, found.value.Settings, settings)
        with failures_of(what, "is created"):
            used = found.value.of(values)
        _check_texts(what, used)
        for capacity in _CAPACITIES:
            for left in range(capacity + 1):
                _check_stock(what, used, left, capacity)
            _check_least(what, used, capacity)
        check_society(
            what, {"agents": {"default": "policy:fixed:9"}, "world": {"growth": {found.name: values}}}, folder
        )


def _check_stock(what: str, law: GrowthLaw, left: int, capacity: int) -> None:
    stock = repeated(what, "grows a stock", lambda: law.grown(left, capacity))
    _require_units(what, "grown", stock, left, capacity)
    for seed in _SEEDS if left % max(1, capacity // 7) == 0 else ():
        drawn = repeated(what, "draws a stock", lambda: law.drawn(left, capacity, np.random.default_rng(seed)))  # noqa: B023
        _require_units(what, "drawn", drawn, left, capacity)


def _require_units(what: str, method: str, stock: object, left: int, capacity: int) -> None:
    require(
        type(stock) is int and 0 <= stock <= capacity,
        f"{what}: {method}({left}, {capacity}) returns {stock!r}; must be a whole number (int) from 0 to the capacity, "
        f"{capacity}",
    )


def _check_least(what: str, law: GrowthLaw, capacity: int) -> None:
    for stock in range(capacity + 1):
        with failures_of(what, "computes least_left"):
            given = law.least_left(stock, capacity)
        least = next((left for left in range(stock + 1) if law.grown(left, capacity) >= stock), None)
        require(
            given == least,
            f"{what}: least_left({stock}, {capacity}) returns {given}; must be {least}, the minimum number of units "
            f"left for which grown returns at least {stock} (None if there is none)",
        )


def _check_texts(what: str, law: GrowthLaw) -> None:
    with failures_of(what, "describes itself"):
        phrase, factor = law.phrase, law.factor
    require(
        isinstance(phrase, str) and bool(phrase.strip()) and isinstance(factor, str),
        f"{what}: its phrase is {phrase!r} and its factor {factor!r}; must be a verb phrase for prompts, as in "
        "doubles, and a number as a string or an empty string",
    )


def check_allocation(allocation: Allocation | str) -> None:
    """Check that an allocation rule grants the whole stock, no demand is exceeded, and members are treated equally.

    It may draw only from the given generator. Members with equal demands must receive the same on average over 400
    draws, regardless of their names.

    Args:
        allocation: the rule, or its registered name.

    Raises:
        ConformanceError: it does not conform; the message states what is wrong and what is expected.
    """
    with extension("allocations", allocation) as found:
        what, rule = f"allocation rule {found.name}", found.value
        require(bool(rule.summary.strip()), f"{what}: has no summary; add one, as `govsim plugins` shows it")
        for demands, stock in _DEMANDS:
            for seed in _SEEDS:
                _check_granted(what, rule, demands, stock, seed)
        _check_equal_treatment(what, rule)


def _check_granted(what: str, rule: Allocation, demands: Mapping[str, int], stock: int, seed: int) -> None:
    given = dict(demands)
    granted = repeated(what, "allocates", lambda: dict(rule.share(given, stock, np.random.default_rng(seed))))
    grants = f"{what}: grants {granted} of {stock} units for the demands {dict(demands)}"
    require(given == demands, f"{what}: modifies the demands; it must not modify them")
    require(granted.keys() == demands.keys(), f"{grants}; must contain exactly the members with a demand")
    require(all(type(units) is int for units in granted.values()), f"{grants}; must be whole numbers (int)")
    require(
        all(0 <= granted[name] <= units for name, units in demands.items()),
        f"{grants}; must be from 0 to the demand of each member",
    )
    require(sum(granted.values()) == stock, f"{grants}; must sum to the stock, as demands exceed it")


def _check_equal_treatment(what: str, rule: Allocation) -> None:
    """Check that equal demands are granted equal shares on average, regardless of names."""
    names = ("Emma", "Jack", "John", "Kate")
    received = np.array(list(_shares(rule, names)), dtype=float)
    means, error = received.mean(axis=0), received.std(axis=0) / np.sqrt(_TIMES)
    expected = received.sum(axis=1).mean() / len(names)
    for name, mean, spread in zip(names, means, error, strict=True):
        require(
            abs(mean - expected) <= _STANDARD_ERRORS * spread + 1e-9,
            f"{what}: if {len(names)} members ask for 30 of 50 units each, {name} receives {mean:.1f} on average; must "
            f"be {expected:.1f}, as names must not matter (draw ties from the given generator)",
        )


def _shares(rule: Allocation, names: tuple[str, ...]) -> Iterator[list[int]]:
    for seed in range(_TIMES):
        granted = rule.share(dict.fromkeys(names, 30), 50, np.random.default_rng(seed))
        yield [granted[name] for name in names]
