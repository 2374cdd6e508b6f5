"""Drawing figures by name."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

import numpy as np

from govsim.analysis.evidence import Evidence
from govsim.analysis.figures.figure import FIGURES, Figure, Series
from govsim.analysis.figures.groups import check_grouping
from govsim.analysis.figures.sheet import Drawn
from govsim.errors import AnalysisError
from govsim.plugins import GOVSIM, Extension, PluginWarning

SEED = 0
"""Of the generator that figures and reports draw resamples from when they are given none."""


def draw(
    evidence: Evidence,
    kinds: Sequence[str] = (),
    *,
    by: str = "condition",
    baseline: str | None = None,
    rng: np.random.Generator | None = None,
) -> list[Drawn]:
    """Draw figures. One of a plug-in that fails is named in a warning, and the others are drawn.

    Args:
        evidence: what was read.
        kinds: names of figures; when empty all that have data, such as those of judges' answers where a judge has said
            anything.
        by: the column that tells series apart: condition, model, scenario, society or agent.
        baseline: the level that effects are differences from; `default`, or the first, when None.
        rng: where resamples are drawn from; a new one of `SEED` when None, so that the same runs give the same figures.

    Returns:
        At least one drawing for each figure of govsim, which says why where there is nothing to draw.

    Raises:
        AnalysisError: a kind, `by` or `baseline` is none that can be.
        PluginError: the plug-in that defines a figure that is named cannot be used.
    """
    check_grouping(by)
    chosen = [_named(kind) for kind in dict.fromkeys(kinds)] or [one for one in FIGURES if _has_data(one, evidence)]
    series = Series(by=by, baseline=baseline, rng=np.random.default_rng(SEED) if rng is None else rng)
    return [one for extension in chosen for one in _drawn(extension, evidence, series)]


def figures_with_data(evidence: Evidence) -> tuple[Figure, ...]:
    """The figures that are drawn where none are named."""
    return tuple(extension.value for extension in FIGURES if _has_data(extension, evidence))


def _named(kind: str) -> Extension[Figure]:
    if (found := FIGURES.find(kind)) is None:
        raise AnalysisError(f"kind = {kind}: there is no such figure; choose from {', '.join(FIGURES.names)}")
    return found


def _has_data(extension: Extension[Figure], evidence: Evidence) -> bool:
    if extension.origin == GOVSIM:
        return extension.value.has_data(evidence)
    try:
        return bool(extension.value.has_data(evidence))
    except Exception as error:  # noqa: BLE001 - the code of others can fail in any way, and takes no figure down
        _warn(extension, f"{type(error).__name__}: {error}")
        return False


def _drawn(extension: Extension[Figure], evidence: Evidence, series: Series) -> list[Drawn]:
    if extension.origin == GOVSIM:
        return extension.value.draw(evidence, series)
    try:
        drawn = list(extension.value.draw(evidence, series))
        problem = next(_flaws(extension.name, drawn), None)
    except Exception as error:  # noqa: BLE001 - the code of others can fail in any way, and takes no figure down
        problem = f"{type(error).__name__}: {error}"
    if problem is None:
        return drawn
    _warn(extension, problem)
    return []


def _flaws(name: str, drawn: Sequence[object]) -> Iterator[str]:
    """What keeps drawings from being written; they are drawn once to see."""
    for one in drawn:
        if not isinstance(one, Drawn):
            yield f"must give a list of govsim.analysis.figures.Drawn, not of {type(one).__name__}"
        elif one.name != name and not one.name.startswith(f"{name}-"):
            yield f"a drawing is called {one.name}: must be {name}, or begin with {name}-"
        else:
            one.content("svg")


def _warn(extension: Extension[Figure], problem: str) -> None:
    text = f"figure {extension.name} of {extension.origin}: {' '.join(problem.split())}; it is not drawn"
    warnings.warn(text, PluginWarning, stacklevel=4)
