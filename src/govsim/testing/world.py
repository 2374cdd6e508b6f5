"""Conformance checks for the commons: growth laws, shocks and allocation rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np

from govsim.commons import Allocation, GrowthLaw, Outcome, Shock, state_at_start
from govsim.config import World
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

    `grown` must return a whole number in 0..capacity for every number of units left, as must `drawn` and the law that
    `of_month` returns, which may draw only from the given generator; `least_left` must be the minimum number of units
    that grow back to the stock; known `probabilities` and the weights of `realisations` must sum to 1, and every stock
    drawn must have a probability; and a small society must run with it.

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
        _check_realisations(what, used)
        for capacity in _CAPACITIES:
            for left in range(capacity + 1):
                _check_stock(what, used, left, capacity)
                _check_probabilities(what, used, left, capacity)
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


def _check_probabilities(what: str, law: GrowthLaw, left: int, capacity: int) -> None:
    found = repeated(what, "computes probabilities", lambda: law.probabilities(left, capacity))
    if found is None:
        return
    _check_sum(what, f"probabilities({left}, {capacity})", found.values())
    for stock in found:
        _require_units(what, "probabilities", stock, left, capacity)
    for seed in _SEEDS if left % max(1, capacity // 7) == 0 else ():
        with failures_of(what, "draws the law of a month"):
            stock = law.of_month(np.random.default_rng(seed)).grown(left, capacity)
        require(
            found.get(stock, 0) > 0,
            f"{what}: of_month draws {stock} from {left} units, which has no probability in "
            f"probabilities({left}, {capacity})",
        )


def _check_realisations(what: str, law: GrowthLaw) -> None:
    with failures_of(what, "lists its realisations"):
        found = law.realisations()
    if found is None:
        return
    _check_sum(what, "realisations()", [one.weight for one in found])
    for one in found:
        require(one.law.is_certain, f"{what}: realisations() contains a random law; must be deterministic laws")


def _check_sum(what: str, given_by: str, weights: Collection[float]) -> None:
    is_distribution = all(weight >= 0 for weight in weights) and abs(sum(weights) - 1) < 1e-9
    require(
        is_distribution,
        f"{what}: {given_by} has probabilities that sum to {sum(weights):g}, or negative ones; must be 0 or more and "
        "sum to 1",
    )


def check_shock(shock: type[Shock] | str, settings: Mapping[str, Any] | None = None) -> None:
    """Check that a shock has possible probabilities and losses, and depends only on its arguments.

    `probability` must be in 0..1 for every month and harvest, and `lost` a whole number in 0..stock; `risk` must
    describe it; and a small society must run with it.

    Args:
        shock: the class, or its registered name.
        settings: its settings by key; if None, defaults, and small values for settings without a default.

    Raises:
        ConformanceError: it does not conform; the message states what is wrong and what is expected.
    """
    with extension("shocks", shock) as found, temporary_folder() as folder:
        what = f"shock {found.name}"
        require_description(what, found.value)
        values = settings_for(what, found.value.Settings, settings)
        with failures_of(what, "is created"):
            used = found.value.of(values)
        risk = repeated(what, "describes itself", lambda: used.risk("tons of fish"))
        require(
            isinstance(risk, str) and bool(risk.strip()),
            f"{what}: its risk is {risk!r}; must be a sentence for prompts",
        )
        _check_timing(what, used)
        for stock in range(101):
            _check_losses(what, used, stock)
        check_society(
            what, {"agents": {"default": "policy:fixed:15"}, "world": {"shocks": [{found.name: values}]}}, folder
        )


def _check_timing(what: str, shock: Shock) -> None:
    for name, given, allowed in (
        ("when", shock.when, ("before-growth", "after-growth")),
        ("told", shock.told, ("nothing", "risk", "realised")),
    ):
        require(given in allowed, f"{what}: {name} is {given!r}; must be one of {', '.join(allowed)}")


def _check_losses(what: str, shock: Shock, stock: int) -> None:
    lost = repeated(what, "loses units", lambda: shock.lost(stock))
    require(
        type(lost) is int and 0 <= lost <= stock,
        f"{what}: lost({stock}) returns {lost!r}; must be a whole number (int) from 0 to the stock, {stock}",
    )
    outcome = Outcome(before=state_at_start(World()), asked={}, granted={}, stock_after_harvest=stock)
    for month in (1, 2, 12):
        chance = repeated(what, "computes its probability", lambda: shock.probability(month, outcome))  # noqa: B023
        require(
            isinstance(chance, float | int) and 0 <= chance <= 1,
            f"{what}: probability of month {month} with {stock} units left is {chance!r}; must be from 0 to 1",
        )


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

    A rule that may withhold units grants at most the stock.

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
    total = sum(granted.values())
    if rule.may_withhold:
        require(total <= stock, f"{grants}; must sum to at most the stock")
    else:
        require(total == stock, f"{grants}; must sum to the stock, as demands exceed it")


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
