"""Who labelled utterances, judges and people, and how far they agree: per cent, Cohen's kappa, Krippendorff's alpha."""

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
from govsim.analysis.intervals import Estimate
from govsim.analysis.measures import Floats
from govsim.analysis.statistics.resampling import RESAMPLES, bootstrap_mean, bootstrap_of_sums
from govsim.errors import AnalysisError

Kind = Literal["judge", "person"]

Ratings = Mapping[Hashable, str]
"""One rater's labels, by what was labelled."""

NO_OVERLAP = "no utterance was labelled by two of them"
ONE_LABEL = "only one label occurs, so that nothing could disagree by chance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rater:
    """Who labelled utterances, and how.

    Attributes:
        name: as it is shown; no other rater has it.
        kind: a judge, which is a model, or a person.
        labels: its labels, by what was labelled; what it did not label is not in it.
        is_majority: whether it stands for the majority of several.
    """

    name: str
    kind: Kind
    labels: Ratings
    is_majority: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterAgreement:
    """How far some raters agree. Each estimate's `n` counts runs, or utterances where runs are not known.

    Attributes:
        raters: their names.
        between: what they are: `judges`, `people`, or `judges and people`.
        utterances: those that two of the raters labelled, at least.
        percent: the share of utterances with the same label, in per cent; None of more than two raters.
        kappa: Cohen's, from -1 to 1; None of more than two raters.
        alpha: Krippendorff's, to 1.
        reason: why kappa and alpha do not exist; empty where they do.
    """

    raters: tuple[str, ...]
    between: str
    utterances: int
    percent: Estimate | None
    kappa: Estimate | None
    alpha: Estimate
    reason: str = ""


def people_of(dialogue: Dialogue, files: Sequence[Path]) -> tuple[list[Rater], Annotations]:
    """The people who annotated utterances of a folder, and their majority where they are several.

    Args:
        dialogue: what was said and judged.
        files: the sheets they filled in.

    Returns:
        The people, and what was read of them.

    Raises:
        AnalysisError: as `read_annotations`.
    """
    places = utterance_ids(dialogue)
    found = read_annotations(files, places)
    people = [
        Rater(name=name, kind="person", labels={places[of]: label for of, label in labels.items()})
        for name, labels in found.labels.items()
    ]
    return [*people, *_majority(people, "person", "majority of people")], found


def judges_of(dialogue: Dialogue) -> list[Rater]:
    """The raters of a folder: a judge for each of its samples, and their majority where they are several."""
    labels: dict[tuple[str, str, int], dict[Hashable, str]] = {}
    known = dialogue.utterances[dialogue.utterances["label"].notna()]
    row: Any
    for row in known.itertuples(index=False):
        rater = (str(row.judge), str(row.setup), int(row.sample))
        labels.setdefault(rater, {})[row.path, row.month, row.ordinal] = str(row.label)
    names = _names(list(labels))
    judges = [Rater(name=names[rater], kind="judge", labels=labels[rater]) for rater in sorted(labels)]
    return [*judges, *_majority(judges, "judge", "majority of judges")]


def agreement(
    raters: Sequence[Rater],
    rng: np.random.Generator,
    *,
    runs: Mapping[Any, Hashable] | None = None,
    resamples: int = RESAMPLES,
) -> RaterAgreement:
    """How far two or more raters agree on what they both labelled.

    ``kappa = (po - pe) / (1 - pe)``, with the agreement that raters with their own habits would reach by chance (Cohen
    1960); ``alpha = 1 - Do / De``, with disagreement expected from the labels of all together, for any number of raters
    and with gaps (Krippendorff 2004). Intervals are bias-corrected and accelerated, from resampled runs: utterances of
    one run are not independent.

    Args:
        raters: two or more.
        rng: where resamples are drawn from.
        runs: the run of each utterance; each is a run of its own when None.
        resamples: how many are drawn.

    Returns:
        Where no utterance was labelled by two of them there is no value; where only one label occurs, per cent alone;
        `reason` says so.

    Raises:
        AnalysisError: there are fewer than two raters.
    """
    if len(raters) < 2:
        raise AnalysisError(f"raters = {len(raters)}: agreement needs two or more")
    given = Counter(unit for rater in raters for unit in rater.labels)
    units = [unit for unit, count in given.items() if count > 1]
    groups = [unit if runs is None else runs[unit] for unit in units]
    labels = sorted({rater.labels[unit] for rater in raters for unit in units if unit in rater.labels})
    codes = _codes(raters, units, labels)
    nothing = Estimate(value=None, low=None, high=None, n=len(set(groups)))
    reason = "" if len(labels) > 1 else ONE_LABEL if units else NO_OVERLAP
    alpha = nothing if reason else _alpha(codes, groups, rng, resamples)
    percent = kappa = None
    if len(raters) == 2:
        percent = bootstrap_mean((100.0 * (codes[0] == codes[1])).tolist(), rng, runs=groups, resamples=resamples)
        kappa = nothing if reason else _kappa(codes, groups, rng, resamples)
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
    rng: np.random.Generator,
    *,
    runs: Mapping[Any, Hashable] | None = None,
    resamples: int = RESAMPLES,
) -> tuple[RaterAgreement, ...]:
    """Agreement of judges with people, among people and among judges: of each pair, and of all where they are more.

    The majority of several judges, or of several people, stands against the other kind alone, not against its own
    members.

    Args:
        raters: judges and people; one alone agrees with nobody, and gives nothing.
        rng: where resamples are drawn from.
        runs: the run of each utterance; each is a run of its own when None.
        resamples: how many are drawn.
    """
    judges = [rater for rater in raters if rater.kind == "judge"]
    people = [rater for rater in raters if rater.kind == "person"]
    groups: list[Sequence[Rater]] = [(judge, person) for judge in judges for person in people]
    for one_kind in (people, judges):
        single = [rater for rater in one_kind if not rater.is_majority]
        groups += combinations(single, 2)
        groups += [single] if len(single) > 2 else []
    return tuple(agreement(group, rng, runs=runs, resamples=resamples) for group in groups)


def _kappa(codes: Floats, groups: Sequence[Hashable], rng: np.random.Generator, resamples: int) -> Estimate:
    """Cohen's kappa as statsmodels computes it, with its interval.

    Args:
        codes: numbers of labels, shape (2, utterances), without gaps and with more than one label.
        groups: the run of each utterance.
        rng: where resamples are drawn from.
        resamples: how many are drawn.
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

    low, high = bootstrap_of_sums(_summed(parts, groups), kappa, rng, resamples=resamples)
    value = float(cohens_kappa(first.T @ second, return_results=False))
    return Estimate(value=value, low=low, high=high, n=len(set(groups)))


def _alpha(codes: Floats, groups: Sequence[Hashable], rng: np.random.Generator, resamples: int) -> Estimate:
    """Krippendorff's alpha of nominal labels, as the package of that name computes it, with its interval.

    Args:
        codes: numbers of labels, shape (raters, utterances), NaN where a rater gave none; every utterance has two or
            more, and there is more than one label.
        groups: the run of each utterance.
        rng: where resamples are drawn from.
        resamples: how many are drawn.
    """
    import krippendorff

    size = int(np.nanmax(codes)) + 1
    counts = np.sum([_one_hot(row, size) for row in codes], axis=0)
    several = counts.sum(axis=1, keepdims=True)
    same = (counts * (counts - 1) / (several - 1)).sum(axis=1, keepdims=True)  # pairs of labels that coincide
    parts = np.hstack([same, counts])

    def alpha(sums: Floats) -> Floats:
        coinciding, totals = sums[0], sums[1:]
        n = totals.sum(axis=0)
        return np.asarray(1 - (n - 1) * (n - coinciding) / (n**2 - (totals**2).sum(axis=0)))

    low, high = bootstrap_of_sums(_summed(parts, groups), alpha, rng, resamples=resamples)
    value = float(krippendorff.alpha(reliability_data=codes, level_of_measurement="nominal"))
    return Estimate(value=value, low=low, high=high, n=len(set(groups)))


def _codes(raters: Sequence[Rater], units: Sequence[Hashable], labels: Sequence[str]) -> Floats:
    """Labels as numbers, shape (raters, utterances); NaN where there is none."""
    code = {label: float(number) for number, label in enumerate(labels)}
    rows = [[code[rater.labels[unit]] if unit in rater.labels else np.nan for unit in units] for rater in raters]
    return np.array(rows, dtype=float).reshape(len(raters), len(units))


def _one_hot(codes: Floats, size: int) -> Floats:
    return np.asarray(codes[:, np.newaxis] == np.arange(size), dtype=float)


def _summed(parts: Floats, groups: Sequence[Hashable]) -> Floats:
    """Sums over the utterances of each run, shape (parts, runs), runs in order of first occurrence."""
    places = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    sums = np.zeros((len(places), parts.shape[1]))
    np.add.at(sums, [places[group] for group in groups], parts)
    return sums.T


def _between(raters: Sequence[Rater]) -> str:
    kinds = {rater.kind for rater in raters}
    if len(kinds) > 1:
        return "judges and people"
    return "judges" if "judge" in kinds else "people"


def _names(raters: Sequence[tuple[str, str, int]]) -> dict[tuple[str, str, int], str]:
    """Raters by the judge's model alone, with what tells them apart where several are of one model."""
    setups = Counter(judge for judge, _ in {(judge, setup) for judge, setup, _ in raters})
    several = {setup for _, setup, sample in raters if sample > 1}
    return {
        (judge, setup, sample): (judge if setups[judge] == 1 else setup) + (f" #{sample}" if setup in several else "")
        for judge, setup, sample in raters
    }


def _majority(raters: Sequence[Rater], kind: Kind, name: str) -> Iterable[Rater]:
    """A rater that labels as most of several do, and not where they are tied."""
    if len(raters) < 2:
        return ()
    given: dict[Hashable, list[str]] = {}
    for rater in raters:
        for unit, label in rater.labels.items():
            given.setdefault(unit, []).append(label)
    settled = {unit: most_votes(labels)[0] for unit, labels in given.items()}
    labels = {unit: label for unit, label in settled.items() if label is not None}
    return (Rater(name=name, kind=kind, labels=labels, is_majority=True),)
