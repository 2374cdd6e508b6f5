"""Which runs stand on which side of a comparison, which of them are pairs, and which are left out, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import pandas as pd

from govsim.analysis.frames import runs_layout
from govsim.analysis.intervals import mean_interval, rate_interval
from govsim.analysis.measures import Measure
from govsim.analysis.runs import left_out
from govsim.analysis.settings import flat_settings
from govsim.analysis.statistics.results import Side, omissions
from govsim.config import Experiment
from govsim.errors import AnalysisError

Design = Literal["auto", "paired", "unpaired"]
"""How sides are compared: run with run of the same seed, all with all, or as the seeds allow."""

IDENTITY = ("scenario", "condition", "society")
"""With the seed, what tells runs apart."""

_FOLLOWING = {"model": ("society",), "agent": ("society",), "cell": ("condition", "society")}
"""Columns that cannot be the same where another one differs."""

_WORDS = ("prompts", "wording")
"""Columns that a society's label follows from as it does from settings."""

_UNDEFINED = "the measure is undefined"
_MISSING = "none"
_FEW = 2
_ALONE = "without a partner of the same seed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """Runs that are compared with each other: those of a level and of the baseline, alike in all other columns.

    Attributes:
        within: columns and values that all of them share.
        names: of the level and of the baseline.
        level: the level's runs.
        baseline: the baseline's runs; empty where it has none in this stratum.
    """

    within: tuple[tuple[str, str], ...]
    names: tuple[str, str]
    level: pd.DataFrame
    baseline: pd.DataFrame

    @property
    def sides(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The runs of the level and those of the baseline."""
        return self.level, self.baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """What a comparison of values rests on.

    Attributes:
        sides: the level and the baseline.
        values: of either side, one for each run that is not left out; in the order of their pairs where it is paired.
        is_paired: whether values of the same place belong to one seed.
    """

    sides: tuple[Side, Side]
    values: tuple[tuple[float, ...], tuple[float, ...]]
    is_paired: bool


def identity_without(by: str) -> tuple[str, ...]:
    """The columns that name a run, without the one in which sides differ and those that follow from it.

    A society's label follows from every setting, so that the model and the agent stand in for it where sides differ in
    one.
    """
    if by not in runs_layout().names or by in _WORDS:
        return ("scenario", "condition", "model", "agent")
    return tuple(name for name in IDENTITY if name != by and name not in _FOLLOWING.get(by, ()))


def strata_of(runs: pd.DataFrame, by: str, baseline: str, within: Sequence[str]) -> Iterator[Stratum]:
    """Every level beside the baseline, for every combination of values of `within`, in order of first occurrence.

    Args:
        runs: a frame of runs.
        by: the column in which sides differ.
        baseline: its value that the others are compared with.
        within: columns in which both sides of a comparison are alike.

    Raises:
        AnalysisError: a column does not exist or is named twice, no run has the baseline, or both sides of a
            comparison made identical requests.
    """
    _check_columns(runs, by, within)
    if not len(runs):
        return
    runs = runs.reset_index(drop=True)
    names = _names_in(runs, by)
    if baseline not in set(names):
        raise AnalysisError(f"baseline = {baseline}: no run has this {by}; choose from {', '.join(sorted(set(names)))}")
    groups: Iterable[tuple[Any, pd.DataFrame]] = [((), runs)]
    for values, group in runs.groupby(list(within), sort=False, dropna=False) if within else groups:
        shared = tuple(zip(within, map(str, values), strict=True))
        of = names.loc[group.index]
        for name in of.unique():
            if name != baseline:
                level, other = group[of == name], group[of == baseline]
                stratum = Stratum(within=shared, names=(str(name), baseline), level=level, baseline=other)
                _check_requests(stratum, by)
                yield stratum


def baseline_of(runs: pd.DataFrame, by: str) -> str | None:
    """The value that the others are compared with when none is named; None where no value suggests itself.

    It is `default`, or the default of the setting, or the only value, or the first of two.

    Args:
        runs: a frame of runs, not empty.
        by: the column in which sides differ.

    Raises:
        AnalysisError: there is no such column.
    """
    _check_columns(runs, by, ())
    names = list(dict.fromkeys(_names_in(runs, by)))
    usual = Experiment()
    key = {"agent": "agents.default"}.get(by, by)
    suggested = ["default", str(flat_settings(usual, usual.society.members).get(key))]
    suggested += [_MISSING] if by == "wording" else []  # the words that come with govsim
    found = next((name for name in suggested if name in names), None)
    return names[0] if found is None and len(names) <= _FEW else found


def values_of(runs: pd.DataFrame, by: str) -> list[str]:
    """The values of a column as sides of a comparison are called, in order of first occurrence."""
    return list(dict.fromkeys(_names_in(runs, by)))


def samples_of(stratum: Stratum, measure: Measure, pair_by: Sequence[str], design: Design) -> Samples:
    """The values of a measure on both sides, paired by seed where at least half of the runs of each have a partner.

    A run has a partner when exactly one run of either side has its seed and its values of `pair_by`. In a paired
    design runs without one are left out; in an unpaired one they are not.

    Args:
        stratum: the runs.
        measure: the measure, whose values are numbers or claims.
        pair_by: columns in which partners are alike, beside the seed.
        design: `auto` for the rule above.

    Raises:
        AnalysisError: `design` is none.
    """
    if design not in get_args(Design):
        raise AnalysisError(f"design = {design}: must be one of {', '.join(get_args(Design))}")
    column = measure.column
    defined = [_with_measure(side, column) for side in stratum.sides]
    keyed = [_by_key(side, column, pair_by) for side in defined]
    pairs = [key for key in keyed[0] if key in keyed[1]]
    is_paired = design == "paired" or (
        design == "auto" and bool(pairs) and 2 * len(pairs) >= max(len(side) for side in defined)
    )
    level, baseline = (
        tuple(of[key] for key in pairs) if is_paired else tuple(map(float, side[column]))
        for side, of in zip(defined, keyed, strict=True)
    )
    return Samples(
        sides=(
            _side(stratum.names[0], stratum.level, measure, level),
            _side(stratum.names[1], stratum.baseline, measure, baseline),
        ),
        values=(level, baseline),
        is_paired=is_paired,
    )


def copies_in(runs: pd.DataFrame) -> int:
    """How many counted runs repeat another one: alike in settings and seed, as where a folder was copied.

    Imported runs of one seed are different runs; their copies have the same file name too.

    Args:
        runs: a frame of runs.
    """
    counted = runs[runs["is_counted"]]
    files = counted["path"].str.replace(r".*/", "", regex=True).where(counted["is_imported"], "")
    return int(counted.assign(path=files).duplicated([*IDENTITY, "cell", "seed", "path"]).sum())


def _names_in(runs: pd.DataFrame, by: str) -> pd.Series[str]:
    return runs[by].astype("string").fillna(_MISSING)


def _check_columns(runs: pd.DataFrame, by: str, within: Sequence[str]) -> None:
    for name in (by, *within):
        if name not in runs.columns:
            raise AnalysisError(
                f"there is no column {name}: take a frame of runs, with {', '.join(runs_layout().names)}"
            )
    if len({by, *within}) != 1 + len(within):
        raise AnalysisError(f"by = {by}, within = {', '.join(within)}: every column may be named once")


def _check_requests(stratum: Stratum, by: str) -> None:
    """Refuse sides that differ only in settings that no model was sent.

    Raises:
        AnalysisError: names what was not sent.
    """
    level, other = stratum.sides
    if not {"requests", "not_sent"} <= {*level.columns} or not len(level) or not len(other):
        return
    if set(level["requests"]) == set(other["requests"]) and set(level["cell"]) != set(other["cell"]):
        told = "; ".join(sorted({*level["not_sent"].dropna(), *other["not_sent"].dropna()}))
        if told:
            raise AnalysisError(
                f"by = {by}: {' and '.join(stratum.names)} made identical requests, so there is nothing to compare; "
                f"not every setting was sent ({told})"
            )


def _with_measure(runs: pd.DataFrame, column: str) -> pd.DataFrame:
    """The runs that have a measure."""
    return runs[runs["is_counted"] & runs[column].notna()]


def _by_key(runs: pd.DataFrame, measure: str, pair_by: Iterable[str]) -> dict[tuple[object, ...], float]:
    """Values by what pairs are made by; keys that several runs share name none of them."""
    seeded = runs[~runs["is_imported"]]  # the seed of an imported run decides nothing of its world
    keys = list(zip(*(seeded[name] for name in (*pair_by, "seed")), strict=True))
    once = Counter(keys)
    return {key: float(value) for key, value in zip(keys, seeded[measure], strict=True) if once[key] == 1}


def _side(name: str, runs: pd.DataFrame, measure: Measure, values: Sequence[float]) -> Side:
    """A side of which these values count, with the reasons why its other runs do not."""
    defined, reasons = len(_with_measure(runs, measure.column)), left_out(runs)
    reasons[_UNDEFINED] = int(runs["is_counted"].sum()) - defined
    reasons[_ALONE] = defined - len(values)
    estimate = rate_interval(map(bool, values)) if measure.is_rate else mean_interval(values)
    return Side(name=name, runs=len(runs), n=len(values), left_out=omissions(reasons), estimate=estimate)
