"""Agreement of raters (judges and annotators): in per cent, Cohen's kappa, Krippendorff's alpha."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

import numpy as np

from govsim.analysis.dialogue.annotations import Annotations, read_annotations, utterance_ids
from govsim.analysis.dialogue.majority import most_votes
from govsim.analysis.dialogue.reading import Dialogue
from govsim.analysis.intervals import Estimate, row_interval
from govsim.analysis.measures import Floats
from govsim.analysis.statistics.resampling import jackknife_of_sums
from govsim.errors import AnalysisError

RaterKind = Literal["judge", "person"]

RaterLabels = Mapping[Hashable, str]
"""The labels of one rater, by utterance."""

NO_OVERLAP = "no utterance was labelled by two raters"
ONE_LABEL = "only one label occurs, so that no disagreement is expected by chance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rater:
    """A rater and its labels.

    Attributes:
        name: its name in tables, which is unique.
        kind: `judge` (a model) or `person` (an annotator).
        labels: its labels, by utterance, without unlabelled utterances.
        is_majority: whether it is the majority of several raters.
    """

    name: str
    kind: RaterKind
    labels: RaterLabels
    is_majority: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterAgreement:
    """The agreement of some raters. The `n` of estimates is the number of runs, or of utterances if runs are unknown.

    Attributes:
        raters: their names.
        between: `judges`, `annotators`, or `judges and annotators`.
        utterances: utterances labelled by two or more of the raters.
        percent: the share of utterances with the same label, in per cent; None for more than two raters.
        kappa: Cohen's, from -1 to 1; None for more than two raters.
        alpha: Krippendorff's, at most 1.
        reason: why kappa and alpha are undefined; empty if they are defined.
    """

    raters: tuple[str, ...]
    between: str
    utterances: int
    percent: Estimate | None
    kappa: Estimate | None
    alpha: Estimate
    reason: str = ""


def people_of(dialogue: Dialogue, files: Sequence[Path]) -> tuple[list[Rater], Annotations]:
    """Return the annotators of a folder's utterances, and their majority if there are several.

    Args:
        dialogue: the dialogue.
        files: the annotation sheets.

    Returns:
        The annotators, and the content of the sheets.

    Raises:
        AnalysisError: as `read_annotations`.
    """
    places = utterance_ids(dialogue)
    found = read_annotations(files, places)
    people = [
        Rater(name=name, kind="person", labels={places[of]: label for of, label in labels.items()})
        for name, labels in found.labels.items()
    ]
    return [*people, *_majority(people, "person", "majority of annotators")], found


def judges_of(dialogue: Dialogue) -> list[Rater]:
    """Return the judges of a folder, one for each sample, and their majority if there are several."""
    labels: dict[tuple[str, str, int], dict[Hashable, str]] = {}
    known = dialogue.utterances[dialogue.utterances["label"].notna()]
    row: Any
    for row in known.itertuples(index=False):
        rater = (str(row.judge), str(row.judge_setup), int(row.sample))
        labels.setdefault(rater, {})[row.path, row.month, row.ordinal] = str(row.label)
    names = _names(list(labels))
    judges = [Rater(name=names[rater], kind="judge", labels=labels[rater]) for rater in sorted(labels)]
    return [*judges, *_majority(judges, "judge", "majority of judges")]


def agreement(
    raters: Sequence[Rater],
    *,
    runs: Mapping[Any, Hashable] | None = None,
) -> RaterAgreement:
    """Return the agreement of two or more raters on the utterances that at least two of them labelled.

    ``kappa = (po - pe) / (1 - pe)``, where `pe` is the agreement by chance given each rater's label frequencies (Cohen
    1960); ``alpha = 1 - Do / De``, where `De` is the disagreement expected from the labels of all raters together, for
    any number of raters and with missing labels (Krippendorff 2004). Intervals are those of `row_interval` for the
    percentage and of `jackknife_of_sums` for kappa and alpha, because utterances of one run are not independent.

    Args:
        raters: two or more.
        runs: the run of each utterance; each utterance is a separate run when None.

    Returns:
        The agreement. All values are None if no utterance was labelled by two raters, and all but `percent` if only one
        label occurs; `reason` states this.

    Raises:
        AnalysisError: there are fewer than two raters.
    """
    if len(raters) < 2:
        raise AnalysisError(f"raters = {len(raters)}: must be two or more")
    given = Counter(unit for rater in raters for unit in rater.labels)
    units = [unit for unit, count in given.items() if count > 1]
    groups = [unit if runs is None else runs[unit] for unit in units]
    labels = sorted({rater.labels[unit] for rater in raters for unit in units if unit in rater.labels})
    codes = _codes(raters, units, labels)
    nothing = Estimate(value=None, low=None, high=None, n=len(set(groups)))
    reason = "" if len(labels) > 1 else ONE_LABEL if units else NO_OVERLAP
    alpha = nothing if reason else _alpha(codes, groups)
    percent = kappa = None
    if len(raters) == 2:
        percent = row_interval((codes[0] == codes[1]).tolist(), groups).times(100)
        kappa = nothing if reason else _kappa(codes, groups)
    return RaterAgreement(
        raters=tuple(rater.name for rater in raters),
        between=_between(raters),
        utterances=len(units),
        percent=percent,
        kappa=kappa,
        alpha=alpha,
        reason=reason,
    )


def agreements(
    raters: Sequence[Rater],
    *,
    runs: Mapping[Any, Hashable] | None = None,
) -> tuple[RaterAgreement, ...]:
    """Return the agreement of judges with annotators, among annotators and among judges: of each pair, and of all.

    The majority of several judges, or of several annotators, is compared only with raters of the other kind.

    Args:
        raters: judges and annotators; with a single rater, the result is empty.
        runs: the run of each utterance; each utterance is a separate run when None.
    """
    judges = [rater for rater in raters if rater.kind == "judge"]
    people = [rater for rater in raters if rater.kind == "person"]
    groups: list[Sequence[Rater]] = [(judge, person) for judge in judges for person in people]
    for one_kind in (people, judges):
        single = [rater for rater in one_kind if not rater.is_majority]
        groups += combinations(single, 2)
        groups += [single] if len(single) > 2 else []
    return tuple(agreement(group, runs=runs) for group in groups)


def _kappa(codes: Floats, groups: Sequence[Hashable]) -> Estimate:
    """Cohen's kappa from statsmodels, with its interval.

    Args:
        codes: labels as numbers, shape (2, utterances), without missing labels and with more than one label.
        groups: the run of each utterance.
    """
    from statsmodels.stats.inter_rater import cohens_kappa

    size = int(codes.max()) + 1
    first, second = (_one_hot(row, size) for row in codes)
    parts = np.hstack([(codes[0] == codes[1])[:, np.newaxis], first, second])

    def kappa(sums: Floats) -> Floats:
        same, rows, columns = sums[0], sums[1 : size + 1], sums[size + 1 :]
        n = rows.sum(axis=0)
        by_chance = (rows * columns).sum(axis=0) / n**2
        return np.asarray((same / n - by_chance) / (1 - by_chance))

    low, high = jackknife_of_sums(_summed(parts, groups), kappa)
    value = float(cohens_kappa(first.T @ second, return_results=False))
    return Estimate(value=value, low=low, high=high, n=len(set(groups)))


def _alpha(codes: Floats, groups: Sequence[Hashable]) -> Estimate:
    """Krippendorff's alpha of nominal labels from the package `krippendorff`, with its interval.

    Args:
        codes: labels as numbers, shape (raters, utterances), NaN for a missing label; every utterance has two or more
            labels, and more than one label occurs.
        groups: the run of each utterance.
    """
    import krippendorff

    size = int(np.nanmax(codes)) + 1
    counts = np.sum([_one_hot(row, size) for row in codes], axis=0)
    several = counts.sum(axis=1, keepdims=True)
    same = (counts * (counts - 1) / (several - 1)).sum(axis=1, keepdims=True)  # pairs of equal labels
    parts = np.hstack([same, counts])

    def alpha(sums: Floats) -> Floats:
        coinciding, totals = sums[0], sums[1:]
        n = totals.sum(axis=0)
        return np.asarray(1 - (n - 1) * (n - coinciding) / (n**2 - (totals**2).sum(axis=0)))

    low, high = jackknife_of_sums(_summed(parts, groups), alpha)
    value = float(krippendorff.alpha(reliability_data=codes, level_of_measurement="nominal"))
    return Estimate(value=value, low=low, high=high, n=len(set(groups)))


def _codes(raters: Sequence[Rater], units: Sequence[Hashable], labels: Sequence[str]) -> Floats:
    """Labels as numbers, shape (raters, utterances); NaN for a missing label."""
    code = {label: float(number) for number, label in enumerate(labels)}
    rows = [[code[rater.labels[unit]] if unit in rater.labels else np.nan for unit in units] for rater in raters]
    return np.array(rows, dtype=float).reshape(len(raters), len(units))


def _one_hot(codes: Floats, size: int) -> Floats:
    return np.asarray(codes[:, np.newaxis] == np.arange(size), dtype=float)


def _summed(parts: Floats, groups: Sequence[Hashable]) -> Floats:
    """Sums over the utterances of each run, shape (parts, runs), runs in order of first occurrence."""
    places = {group: index for index, group in enumerate(dict.fromkeys(groups))}
    sums = np.zeros((len(places), parts.shape[1]))
    np.add.at(sums, [places[group] for group in groups], parts)
    return sums.T


def _between(raters: Sequence[Rater]) -> str:
    kinds = {rater.kind for rater in raters}
    if len(kinds) > 1:
        return "judges and annotators"
    return "judges" if "judge" in kinds else "annotators"


def _names(raters: Sequence[tuple[str, str, int]]) -> dict[tuple[str, str, int], str]:
    """Unique names of judges: the model, with a hash or sample number if several judges have the same model."""
    setups = Counter(judge for judge, _ in {(judge, setup) for judge, setup, _ in raters})
    several = {setup for _, setup, sample in raters if sample > 1}
    return {
        (judge, setup, sample): (judge if setups[judge] == 1 else setup) + (f" #{sample}" if setup in several else "")
        for judge, setup, sample in raters
    }


def _majority(raters: Sequence[Rater], kind: RaterKind, name: str) -> Iterable[Rater]:
    """The majority of several raters, without labels on ties."""
    if len(raters) < 2:
        return ()
    given: dict[Hashable, list[str]] = {}
    for rater in raters:
        for unit, label in rater.labels.items():
            given.setdefault(unit, []).append(label)
    settled = {unit: most_votes(labels)[0] for unit, labels in given.items()}
    labels = {unit: label for unit, label in settled.items() if label is not None}
    return (Rater(name=name, kind=kind, labels=labels, is_majority=True),)
