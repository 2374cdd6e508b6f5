"""All figures by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from govsim.analysis.dialogue.reading import Dialogue
from govsim.analysis.evidence import Evidence
from govsim.analysis.figures.answers import invalid
from govsim.analysis.figures.catch import catch
from govsim.analysis.figures.cost import cost
from govsim.analysis.figures.effects import compared, effects
from govsim.analysis.figures.equality import equality
from govsim.analysis.figures.gain import gain
from govsim.analysis.figures.groups import check_grouping
from govsim.analysis.figures.knowledge import knowledge
from govsim.analysis.figures.labels import labels
from govsim.analysis.figures.promises import promises
from govsim.analysis.figures.sheet import Drawn
from govsim.analysis.figures.stock import stock
from govsim.analysis.figures.survival import survival
from govsim.analysis.statistics import Comparison
from govsim.errors import AnalysisError

SEED = 0
"""Of the generator that figures and reports draw resamples from when they are given none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What the series of figures are.

    Attributes:
        by: the column of the frame of runs that tells them apart.
        baseline: the level that effects are differences from; `default` or the first when None.
        rng: where resamples are drawn from.
    """

    by: str
    baseline: str | None
    rng: np.random.Generator

    def compared(self, evidence: Evidence) -> tuple[Comparison, ...]:
        """All levels compared with the baseline."""
        runs = evidence.frames.runs
        return compared(runs, self.by, self.rng, baseline=self.baseline, from_month=evidence.from_month)


KINDS: Mapping[str, Callable[[Evidence, Series], list[Drawn]]] = {
    "stock": lambda evidence, series: stock(evidence.frames, series.by),
    "survival": lambda evidence, series: survival(evidence.frames, series.by, from_month=evidence.from_month),
    "catch": lambda evidence, series: catch(evidence.frames),
    "gain": lambda evidence, series: gain(evidence.frames, series.by),
    "equality": lambda evidence, series: equality(evidence.frames, series.by),
    "effects": lambda evidence, series: effects(series.compared(evidence)),
    "invalid": lambda evidence, series: invalid(evidence.answers, imported=evidence.imported),
    "cost": lambda evidence, series: cost(evidence.answers, imported=evidence.imported),
}
"""What draws the figures of each kind."""

DIALOGUE_KINDS: Mapping[str, Callable[[Evidence, Series], list[Drawn]]] = {
    "labels": lambda evidence, series: labels(evidence.dialogue, evidence.frames.runs, series.rng, series.by),
    "promises": lambda evidence, series: promises(evidence.dialogue, evidence.frames.runs, series.rng, series.by),
    "knowledge": lambda evidence, series: knowledge(evidence.dialogue, evidence.frames.runs, series.rng, series.by),
}
"""What draws the figures of what judges made of the dialogues."""


def draw(
    evidence: Evidence,
    kinds: Sequence[str] = (),
    *,
    by: str = "condition",
    baseline: str | None = None,
    rng: np.random.Generator | None = None,
) -> list[Drawn]:
    """Draw figures.

    Args:
        evidence: what was read.
        kinds: some of `KINDS` and `DIALOGUE_KINDS`; when empty all of the first, and of the others those that a judge
            has said anything for.
        by: the column that tells series apart: condition, model, scenario, society or agent.
        baseline: the level that effects are differences from; `default`, or the first, when None.
        rng: where resamples are drawn from; a new one of `SEED` when None, so that the same runs give the same figures.

    Returns:
        At least one figure for each kind; one that says why where there is nothing to draw.

    Raises:
        AnalysisError: a kind, `by` or `baseline` is none that can be.
    """
    check_grouping(by)
    every = {**KINDS, **DIALOGUE_KINDS}
    if unknown := [kind for kind in kinds if kind not in every]:
        raise AnalysisError(f"kind = {unknown[0]}: there is no such figure; choose from {', '.join(every)}")
    usual = (*KINDS, *judged_kinds(evidence.dialogue))
    series = Series(by=by, baseline=baseline, rng=np.random.default_rng(SEED) if rng is None else rng)
    return [drawn for kind in dict.fromkeys(kinds or usual) for drawn in every[kind](evidence, series)]


def judged_kinds(dialogue: Dialogue) -> tuple[str, ...]:
    """Those of `DIALOGUE_KINDS` that a judge has said anything for."""
    said = {"labels": dialogue.utterances, "promises": dialogue.promises, "knowledge": dialogue.knowledge}
    return tuple(kind for kind in DIALOGUE_KINDS if len(said[kind]))
