"""Conformance checks for the commons: growth laws and rules of allocation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from govsim.commons import Allocation, GrowthLaw
from govsim.testing.checking import extension, failures_of, repeated, require, require_description, settings_for
from govsim.testing.societies import check_lives, in_a_folder

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
    """Check that a growth law gives stocks that can be, and depends on nothing but its arguments.

    `grown` has to give a whole number in 0..capacity for every number of units left, `drawn` too, from the given
    generator alone; `least_left` has to be the fewest units that grow back, and a small society has to live with it.

    Args:
        law: the class, or its registered name.
        settings: its settings by key; where none are given, defaults, and small values for those without one.

    Raises:
        ConformanceError: it does not; says what is wrong and what is expected.
    """
    with extension("growth_laws", law) as found, in_a_folder() as folder:
        what = f"growth law {found.name}"
        require_description(what, found.value)
        values = settings_for(what, found.value.Settings, settings)
        with failures_of(what, "is made"):
            used = found.value.of(values)
        _check_words(what, used)
        for capacity in _CAPACITIES:
            for left in range(capacity + 1):
                _check_stock(what, used, left, capacity)
            _check_least(what, used, capacity)
        check_lives(what, {"agents": {"default": "policy:fixed:9"}, "world": {"growth": {found.name: values}}}, folder)


def _check_stock(what: str, law: GrowthLaw, left: int, capacity: int) -> None:
    stock = repeated(what, "grows a stock", lambda: law.grown(left, capacity))
    _require_units(what, "grown", stock, left, capacity)
    for seed in _SEEDS if left % max(1, capacity // 7) == 0 else ():
        drawn = repeated(what, "draws a stock", lambda: law.drawn(left, capacity, np.random.default_rng(seed)))  # noqa: B023
        _require_units(what, "drawn", drawn, left, capacity)


def _require_units(what: str, method: str, stock: object, left: int, capacity: int) -> None:
    require(
        type(stock) is int and 0 <= stock <= capacity,
        f"{what}: {method}({left}, {capacity}) gives {stock!r}; expected is a whole number (int) from 0 to the "
        f"capacity, {capacity}",
    )


def _check_least(what: str, law: GrowthLaw, capacity: int) -> None:
    for stock in range(capacity + 1):
        with failures_of(what, "looks for the fewest units that must be left"):
            given = law.least_left(stock, capacity)
        least = next((left for left in range(stock + 1) if law.grown(left, capacity) >= stock), None)
        require(
            given == least,
            f"{what}: least_left({stock}, {capacity}) gives {given}; expected is {least}, the fewest units left of "
            f"{stock} for which grown gives as many again (None where none do)",
        )


def _check_words(what: str, law: GrowthLaw) -> None:
    with failures_of(what, "is put into words"):
        phrase, factor = law.phrase, law.factor
    require(
        isinstance(phrase, str) and bool(phrase.strip()) and isinstance(factor, str),
        f"{what}: its phrase is {phrase!r} and its factor {factor!r}; expected are a verb phrase for prompts, as in "
        "doubles, and a number as text or an empty text",
    )


def check_allocation(allocation: Allocation | str) -> None:
    """Check that a rule of allocation grants the whole stock, nobody more than it asks for, and treats members alike.

    It may draw from the given generator alone. Members that ask for the same have to receive the same on average over
    400 draws, whatever their names.

    Args:
        allocation: the rule, or its registered name.

    Raises:
        ConformanceError: it does not; says what is wrong and what is expected.
    """
    with extension("allocations", allocation) as found:
        what, rule = f"allocation rule {found.name}", found.value
        require(bool(rule.summary.strip()), f"{what}: has no summary, which `govsim plugins` shows")
        for demands, stock in _DEMANDS:
            for seed in _SEEDS:
                _check_granted(what, rule, demands, stock, seed)
        _check_alike(what, rule)


def _check_granted(what: str, rule: Allocation, demands: Mapping[str, int], stock: int, seed: int) -> None:
    given = dict(demands)
    granted = repeated(what, "shares out", lambda: dict(rule.share(given, stock, np.random.default_rng(seed))))
    told = f"{what}: grants {granted} of {stock} units for the demands {dict(demands)}"
    require(given == demands, f"{what}: changes the demands; it must leave them as they are")
    require(granted.keys() == demands.keys(), f"{told}; expected are all members that ask, and no others")
    require(all(type(units) is int for units in granted.values()), f"{told}; expected are whole numbers (int)")
    require(
        all(0 <= granted[name] <= units for name, units in demands.items()),
        f"{told}; nobody may receive more than it asks for, or less than nothing",
    )
    require(sum(granted.values()) == stock, f"{told}; more is asked for than there is, so the whole stock is granted")


def _check_alike(what: str, rule: Allocation) -> None:
    """Check that equal demands get equal shares on average: members of other names would receive no more."""
    names = ("Emma", "Jack", "John", "Kate")
    received = np.array(list(_shares(rule, names)), dtype=float)
    means, error = received.mean(axis=0), received.std(axis=0) / np.sqrt(_TIMES)
    expected = received.sum(axis=1).mean() / len(names)
    for name, mean, spread in zip(names, means, error, strict=True):
        require(
            abs(mean - expected) <= _STANDARD_ERRORS * spread + 1e-9,
            f"{what}: of 50 units for {len(names)} members that ask for 30 each {name} receives {mean:.1f} on average; "
            f"expected is {expected:.1f}, as names must not matter (draw ties from the given generator)",
        )


def _shares(rule: Allocation, names: tuple[str, ...]) -> Iterator[list[int]]:
    for seed in range(_TIMES):
        granted = rule.share(dict.fromkeys(names, 30), 50, np.random.default_rng(seed))
        yield [granted[name] for name in names]
