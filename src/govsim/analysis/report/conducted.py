"""How a report compares its runs: as named in options, or else as registered, or else as the runs declare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from govsim.analysis.declared import declared_baseline, declared_value
from govsim.analysis.registration import Registration
from govsim.analysis.results import Results
from govsim.analysis.statistics.sides import Design
from govsim.config import DeclaredAnalysis

COMPARED = ("condition", "model")
"""The columns whose groups a report compares."""

_OPTIONS = {"condition": "baseline", "model": "baseline-model"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conducted:
    """How a report compares its runs.

    Attributes:
        baselines: the named baseline of each compared column; None if none is named.
        design: whether all runs are compared, or pairs of the same seed.
        primary: the primary measure.
    """

    baselines: Mapping[str, str | None]
    design: Design
    primary: str


def conducted_analysis(
    results: Results,
    named: Mapping[str, str | None],
    registration: Registration | None = None,
    *,
    design: Design | None = None,
    primary: str | None = None,
) -> Conducted:
    """Return how a report compares its runs.

    Args:
        results: the runs.
        named: the baseline of each compared column; None if none is named.
        registration: the registered protocol, which is used where nothing is named; None for none.
        design: the design; None if none is named.
        primary: the primary measure; None if none is named.

    Raises:
        AnalysisError: nothing is named or registered, and runs declare different values.
    """
    registered = None if registration is None else registration.analysis
    return Conducted(
        baselines={by: _baseline(results, by, baseline, registered) for by, baseline in named.items()},
        design=declared_value(results.origins, "design", design or (registered.design if registered else None)),
        primary=declared_value(results.origins, "primary", primary or (registered.primary if registered else None)),
    )


def _baseline(results: Results, by: str, named: str | None, registered: DeclaredAnalysis | None) -> str | None:
    if named is None and registered is not None and registered.by == by:
        named = registered.baseline
    return declared_baseline(results.origins, by, named, option=_OPTIONS[by])
