"""Campaigns: a grid of values for several keys expands to one experiment for each combination."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

from govsim.config.entries import settings_by_name
from govsim.config.execution import MAX_RUNS
from govsim.config.loading import SHORT, Layer, merge, nested
from govsim.config.section import as_written
from govsim.errors import ConfigError

GRID = "grid"
"""The key of an experiment file that makes it a campaign."""

ANALYSIS = "analysis"
"""The key of an experiment file that declares how its results will be compared."""

NOT_AXES = ("seed", "execution", ANALYSIS, GRID)


def cells_in(settings: Layer) -> list[dict[str, Any]]:
    """Expand settings into experiments: one, or one for each combination of the values in `grid`.

    The last axis of the grid varies fastest.

    Args:
        settings: keys of an experiment, and optionally `grid`: lists of values by dotted key.

    Raises:
        ConfigError: the grid is not a mapping of keys to lists, contains a key that is also set outside it, or has
            more combinations than the maximum number of runs.
    """
    plain = {key: value for key, value in settings.items() if key != GRID}
    if GRID not in settings:
        return [plain]
    axes = _axes(settings[GRID])
    if (count := prod(map(len, axes.values()))) > MAX_RUNS:
        raise ConfigError(f"{GRID}: has {count:,} combinations; at most {MAX_RUNS:,} can be planned in one command")
    for key in axes:
        if _is_set(plain, key):
            raise ConfigError(f"{GRID}.{key}: is set both as an axis and outside the grid; remove one of the two")
    return [merge(plain, *(nested(key, value) for key, value in cell)) for cell in _combinations(axes)]


def _combinations(axes: Mapping[str, Sequence[Any]]) -> Iterator[tuple[tuple[str, Any], ...]]:
    return product(*([(key, value) for value in values] for key, values in axes.items()))


def _axes(grid: Any) -> dict[str, list[Any]]:
    if not isinstance(grid, Mapping) or not grid:
        raise ConfigError(
            f"{GRID} = {as_written(grid)}: must be a mapping of keys to lists of values, as in model: [a, b]"
        )
    axes = {}
    for name, values in grid.items():
        key = SHORT.get(str(name), str(name))
        if key.split(".")[0] in NOT_AXES:
            hint = "" if key.startswith(ANALYSIS) else "; set the number of runs per cell with execution.runs"
            raise ConfigError(f"{GRID}.{name}: cannot be an axis{hint}")
        if not isinstance(values, list) or not values:
            raise ConfigError(f"{GRID}.{name} = {as_written(values)}: must be a list of at least one value")
        if any(value in values[:index] for index, value in enumerate(values)):
            raise ConfigError(f"{GRID}.{name} = {values!r}: values must be unique")
        if key in axes:
            raise ConfigError(f"{GRID}.{name}: is given twice")
        axes[key] = values
    return axes


def _is_set(settings: Layer, key: str) -> bool:
    found: Any = settings
    parts = key.split(".")
    for depth, part in enumerate(parts):
        if isinstance(found, list):
            found = settings_by_name(found, under=".".join(parts[:depth]))
        if not isinstance(found, Mapping) or part not in found:
            return False
        found = found[part]
    return True
