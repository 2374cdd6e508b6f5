"""The two groups of a comparison: which runs belong to them, which runs are pairs, and which are excluded, and why.

Runs are compared only where they differ in nothing but the compared column and the seed, unless the caller names the
columns that both groups share (`within`), which pools the others. Tables, figures, reports and pages all use this rule.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, get_args

import pandas as pd

from govsim.analysis.cells import are_copies
from govsim.analysis.frames import runs_layout
from govsim.analysis.intervals import mean_interval, rate_interval
from govsim.analysis.measures import Measure
from govsim.analysis.runs import MIXED, excluded_by_reason, observed
from govsim.analysis.settings import GROUP_SEPARATOR, INFORMED, VERSION, natural, settings_in_words, society_names
from govsim.analysis.statistics.comparison_results import Side, omissions
from govsim.characters import listed
from govsim.errors import AnalysisError
from govsim.scenarios import PROMPTS_VERSION

Design = Literal["unpaired", "paired"]
"""How groups are compared: all runs with all, or pairs of runs with the same seed."""

SETUP = "setup"

DEFAULT_CONDITION = "default"
"""The condition that is the baseline of the others, and comes first."""

IDENTITY = ("scenario", "condition", "society", SETUP)
"""The columns that identify a run, together with its seed."""

_FOLLOWING = {
    "model": ("society",),
    "agent": ("society",),
    "society": (SETUP,),
    "cell": ("condition", "society", SETUP),
}
"""Columns that cannot be the same where another one differs."""

_PROMPTS = ("prompts", "prompts_folder")
"""Columns that determine a society's label, as its settings do."""

_UNDEFINED = "with an undefined measure"
_MISSING = "none"
_ALONE = "without a partner of the same seed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """Runs that are compared with each other: those of a level and of the baseline, identical in the shared columns.

    Attributes:
        within: columns and values that all of them share.
        names: the names of the level and of the baseline.
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
    """The values that a comparison is based on.

    Attributes:
        sides: the level and the baseline.
        values: the values of both groups, one for each included run; in the order of the pairs in a paired design.
        rows: the index of each of these runs in the frame.
        is_paired: whether values at the same position belong to the same seed.
    """

    sides: tuple[Side, Side]
    values: tuple[tuple[float, ...], tuple[float, ...]]
    rows: tuple[tuple[int, ...], tuple[int, ...]]
    is_paired: bool


def identity_without(by: str) -> tuple[str, ...]:
    """Return the columns that identify a run, without the compared one and those that follow from it.

    A society's label follows from every setting. Where groups differ in one, the model and the agent replace it.
    """
    if by not in runs_layout().names or by in _PROMPTS:
        return ("scenario", "condition", "model", "agent", SETUP)
    return tuple(name for name in IDENTITY if name != by and name not in _FOLLOWING.get(by, ()))


def identified(runs: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """Return a frame of runs whose `setup` does not contain the compared column.

    Where a condition or scenario is compared, societies that were given the same settings have the same label: labels
    contain only settings that differ from those of the condition and the scenario.
    Where a condition or scenario is compared, the setup is what all runs of a society have in common. Runs of several
    models or agents get the names of all of them as their level, and societies their setup, so that
    different ones are different levels. Informed agents are marked.

    Args:
        runs: a frame of runs.
        by: the compared column; None for none.
    """
    rows = runs[["model", "agent", "composition", "changes", "prompts", "prompts_folder"]].astype("string").fillna("")
    rows["prompts_folder"] = _names_of_prompts(rows, is_scenario=by == "scenario")
    parts = pd.Series([_parts_without(by, row) for row in rows.to_dict("records")], index=runs.index, dtype="object")
    if by in ("condition", "scenario") and len(runs):
        runs = runs.assign(society=_common_labels(runs, by, rows))
    if by in (None, "condition", "scenario") and len(runs):
        # A condition can set how members decide, and older journals record its settings as changes of the society.
        same = [name for name in ("scenario", "condition", "society") if name != by]
        # Conditions and scenarios do not set the version of the prompts.
        parts = _common_parts(parts, [*(runs[name] for name in same), prompts_versions(runs)])
    found = runs.assign(setup=parts.map(", ".join).astype("string"))
    if by in ("model", "agent"):
        names = runs[by].astype("string")
        is_named = (names != MIXED) & (rows["composition"] != names + INFORMED)
        found[by] = names.where(is_named | (rows["composition"] == ""), rows["composition"])
    elif by == "society":
        labels = runs["society"].astype(str)
        found[by] = labels.map(society_names(zip(labels, runs[SETUP].astype(str), strict=True))).astype("string")
    return found


def prompts_versions(runs: pd.DataFrame) -> pd.Series[Any]:
    """Return the version of govsim's prompts that each run was made with; the current one for runs without a model.

    Args:
        runs: a frame of runs.
    """
    changes = runs["changes"].astype("string").fillna("{}")
    return changes.map(lambda text: json.loads(text or "{}").get(VERSION, PROMPTS_VERSION)).astype("int64")


def _names_of_prompts(rows: pd.DataFrame, *, is_scenario: bool) -> pd.Series[Any]:
    """The names of the users' folders of prompts, with their hash where several prompts have the same name."""
    folders = rows["prompts_folder"]
    if is_scenario:
        return folders
    several = rows.groupby("prompts_folder")["prompts"].transform("nunique") > 1
    return folders.where(~several | (folders == ""), folders + " (" + rows["prompts"] + ")")


def _parts_without(by: str | None, row: Mapping[Any, str]) -> tuple[str, ...]:
    """The parts of a setup: groups of members, and changed settings and prompts, without the compared column."""
    who, prompts_folder = row["composition"], row["prompts_folder"]
    if by is not None and (by in ("model", "models.default") or by.endswith(".model")):
        who = row["agent"]
    elif by is not None and (by in ("agent", "agents.default") or by.endswith(".agent")):
        who = "" if row["model"] == _MISSING else row["model"]
    settings = {key: value for key, value in json.loads(row["changes"] or "{}").items() if key != by}
    if prompts_folder and by not in _PROMPTS:
        settings["prompts"] = prompts_folder
    return (*(who.split(GROUP_SEPARATOR) if who else ()), *settings_in_words(settings))


def _common_labels(runs: pd.DataFrame, by: str, rows: pd.DataFrame) -> pd.Series[Any]:
    """The label of each society, the same where societies of several levels have the same members and settings.

    Societies without recorded settings, and those of one level that have the same settings, keep their own labels:
    older journals do not record all settings.
    """
    keys = [runs["condition" if by == "scenario" else "scenario"], rows["composition"], rows["changes"]]
    keys += [rows["prompts_folder"], *([rows["prompts"]] if by == "condition" else [])]
    labels = runs["society"].astype("object")
    for _, group in runs[rows["changes"].str.len() > len("{}")].groupby(keys, sort=False):
        if (group.groupby(by)["society"].nunique() == 1).all():
            labels.loc[group.index] = group["society"].iloc[0]
    return labels.astype("string")


def _common_parts(parts: pd.Series[Any], keys: Sequence[pd.Series[Any]]) -> pd.Series[Any]:
    """The parts that all rows with the same keys have, in the order of the first of these rows."""
    common: dict[int, tuple[str, ...]] = {}
    for _, group in parts.groupby([*keys], sort=False, dropna=False):
        shared = set(group.iloc[0]).intersection(*group)
        common |= dict.fromkeys(group.index, tuple(part for part in group.iloc[0] if part in shared))
    return pd.Series(common, dtype="object").reindex(parts.index)


def shared_by(within: Sequence[tuple[str, str]]) -> str:
    """Return what runs share as a title; the setup contains the model, the agent and what a society's label encodes."""
    hidden = ("society", "model", "agent") if dict(within).get(SETUP) else ()
    return " · ".join(value for name, value in within if name not in hidden and value)


def in_natural_order(
    columns: Sequence[str], groups: Iterable[tuple[tuple[str, ...], pd.DataFrame]]
) -> list[tuple[tuple[str, ...], pd.DataFrame]]:
    """Return groups of runs in order of first occurrence, those that differ only in settings by their numbers.

    The condition `default` comes first in its scenario.

    Args:
        columns: the columns that the runs of a group share.
        groups: their values, and the runs.
    """
    places: dict[tuple[str, ...], int] = {}

    def key(group: tuple[tuple[str, ...], pd.DataFrame]) -> tuple[object, ...]:
        shared = dict(zip(columns, group[0], strict=True))
        scenario, condition, setup = (shared.get(name, "") for name in ("scenario", "condition", SETUP))
        outer = (scenario, condition, setup.split(GROUP_SEPARATOR)[0])
        first, place = (places.setdefault(name, len(places)) for name in ((scenario,), outer))
        return first, condition not in ("", DEFAULT_CONDITION), place, natural(setup)

    return sorted(groups, key=key)


def strata_of(
    runs: pd.DataFrame, by: str, baseline: str | Sequence[str], within: Sequence[str] | None = None
) -> Iterator[Stratum]:
    """Return every level with its baseline, for every combination of what they share (`in_natural_order`).

    Args:
        runs: a frame of runs.
        by: the compared column.
        baseline: its value that all others are compared with; or several values, each but the first compared with the
            one before.
        within: columns whose values both groups share; runs that differ in others are pooled. When None, nothing is
            pooled: both groups share everything but `by` and the seed.

    Raises:
        AnalysisError: a column does not exist or is named twice, no run has the baseline, or both groups made identical
            requests.
    """
    shared = identity_without(by) if within is None else tuple(within)
    check_columns(runs, by, shared)
    if not len(runs):
        return
    runs = runs.reset_index(drop=True)
    labels, runs = _names_in(runs, by), identified(runs, by)
    names = _names_in(runs, by)
    steps = [_name_of(one, by, labels, names) for one in ([baseline] if isinstance(baseline, str) else baseline)]
    found: Iterable[tuple[Any, pd.DataFrame]] = [((), runs)]
    found = runs.groupby(list(shared), sort=False, dropna=False) if shared else found
    for values, group in in_natural_order(shared, [(tuple(map(str, values)), group) for values, group in found]):
        named = zip(shared, values, strict=True)
        of, place = names.loc[group.index], tuple(pair for pair in named if pair != (SETUP, ""))
        for name, other in _pairs(list(of.unique()), steps):
            pair = Stratum(within=place, names=(name, other), level=group[of == name], baseline=group[of == other])
            for stratum in [pair] if within is not None else _without_pooling(pair):
                _check_requests(stratum, by)
                yield stratum


def _name_of(baseline: str, by: str, labels: pd.Series[str], names: pd.Series[str]) -> str:
    """Return the name of a baseline as it is shown.

    Raises:
        AnalysisError: no run has the baseline.
    """
    if baseline in set(labels) - set(names):  # a society's label, of which the setup is shown
        return str(names[labels == baseline].iloc[0])
    if baseline not in set(names):
        raise AnalysisError(
            f"baseline = {baseline}: no runs with this {by}; choose one of {listed(sorted(set(names)))}"
        )
    return baseline


def _pairs(names: Sequence[Any], steps: Sequence[str]) -> list[tuple[str, str]]:
    """Return the levels with their baselines: all with the only one, or each step that occurs with the one before."""
    if len(steps) == 1:
        return [(str(name), steps[0]) for name in names if name != steps[0]]
    found = set(map(str, names))
    return [(level, other) for other, level in pairwise(steps) if level in found]


def _without_pooling(stratum: Stratum) -> Iterator[Stratum]:
    """Split a stratum whose groups have runs of several settings that no column shows, such as an edited condition."""
    levels, baselines = (_by_cell(name, side) for name, side in zip(stratum.names, stratum.sides, strict=True))
    for name, level in levels.items():
        for other, baseline in baselines.items():
            yield Stratum(within=stratum.within, names=(name, other), level=level, baseline=baseline)


def _by_cell(name: str, runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The runs of one group by their settings; the name is numbered where there are several."""
    cells = list(runs["cell"].unique())
    if len(cells) < 2:
        return {name: runs}
    return {f"{name} ({number})": runs[runs["cell"] == cell] for number, cell in enumerate(cells, start=1)}


def values_of(runs: pd.DataFrame, by: str) -> list[str]:
    """Return the values of a column, as the groups of a comparison are named, in order of first occurrence."""
    return list(dict.fromkeys(_names_in(identified(runs, by), by)))


def samples_of(stratum: Stratum, measure: Measure, pair_by: Sequence[str], design: Design) -> Samples:
    """Return the values of a measure in both groups, in a paired design those of partners.

    A run has a partner when exactly one run of each group has its seed and its values of `pair_by`. In a paired design
    runs without a partner are excluded; in an unpaired one they are not.

    Args:
        stratum: the runs.
        measure: the measure, whose values are numbers or booleans.
        pair_by: columns in which partners are identical, besides the seed.
        design: the design.

    Raises:
        AnalysisError: `design` is unknown.
    """
    if design not in get_args(Design):
        raise AnalysisError(f"design = {design}: must be one of {', '.join(get_args(Design))}")
    column = measure.column
    defined = [_with_measure(side, column) for side in stratum.sides]
    keyed = [_by_key(side, pair_by) for side in defined]
    pairs = [key for key in keyed[0] if key in keyed[1]]
    is_paired = design == "paired"
    rows = [
        [of[key] for key in pairs] if is_paired else list(side.index) for side, of in zip(defined, keyed, strict=True)
    ]
    level, baseline = (tuple(map(float, side.loc[places, column])) for side, places in zip(defined, rows, strict=True))
    return Samples(
        sides=(
            _side(stratum.names[0], stratum.level, measure, level),
            _side(stratum.names[1], stratum.baseline, measure, baseline),
        ),
        values=(level, baseline),
        rows=(tuple(rows[0]), tuple(rows[1])),
        is_paired=is_paired,
    )


def is_copied(runs: pd.DataFrame, measure: Measure) -> bool:
    """Return whether a group consists of several copies of one run, so that its measure has no interval.

    Args:
        runs: a frame of runs.
        measure: the measure.
    """
    if measure.kind == "lifetime":
        used = observed(runs)
        return are_copies(used["observed_months"], used["trajectory"].nunique())
    used = _with_measure(runs, measure.column)
    return are_copies(map(float, used[measure.column]), used["trajectory"].nunique())


def has_copies(runs: pd.DataFrame) -> bool:
    """Return whether a group has copies of one run besides other runs; see `RunMeasures.trajectory`."""
    counted = runs.loc[runs["is_counted"], "trajectory"].dropna()
    return bool(1 < counted.nunique() < len(counted))


def copies_in(runs: pd.DataFrame) -> int:
    """Return how many counted runs repeat another one: identical in settings and seed, as in a copied folder.

    Imported runs of one seed are different runs, unless their files have the same name too.

    Args:
        runs: a frame of runs.
    """
    # Tuples, as a comparison of many groups asks for each of few runs, for which a frame takes ten times as long.
    names = ("is_counted", "is_imported", "path", "cell", "seed", *IDENTITY)
    rows = zip(*(runs[name] for name in names), strict=True)
    counted = [
        (str(path).rpartition("/")[2] if is_imported else "", *identity)
        for is_counted, is_imported, path, *identity in rows
        if is_counted
    ]
    return len(counted) - len(set(counted))


def _names_in(runs: pd.DataFrame, by: str) -> pd.Series[str]:
    return runs[by].astype("string").fillna(_MISSING)


def check_columns(runs: pd.DataFrame, by: str, within: Sequence[str]) -> None:
    """Reject columns that do not exist or are named twice.

    Raises:
        AnalysisError: names the column.
    """
    for name in (by, *within):
        if name not in runs.columns:
            option = "by" if name == by else "within"
            columns = ("scenario", "condition", "society", "model", "agent")
            raise AnalysisError(f"{option} = {name}: there is no such column of runs; choose from {', '.join(columns)}")
    if len({by, *within}) != 1 + len(within):
        raise AnalysisError(f"by = {by}, within = {', '.join(within)}: each column can be named only once")


def _check_requests(stratum: Stratum, by: str) -> None:
    """Reject groups that differ only in settings that were sent to no model.

    Raises:
        AnalysisError: names the settings that were not sent.
    """
    level, other = stratum.sides
    if not {"requests", "not_sent"} <= {*level.columns} or not len(level) or not len(other):
        return
    if set(level["requests"]) == set(other["requests"]) and set(level["cell"]) != set(other["cell"]):
        unsent = "; ".join(sorted({*level["not_sent"].dropna(), *other["not_sent"].dropna()}))
        if unsent:
            raise AnalysisError(
                f"by = {by}: {' and '.join(stratum.names)} made identical requests, so there is nothing to compare; "
                f"not every setting was sent ({unsent})"
            )


def _with_measure(runs: pd.DataFrame, column: str) -> pd.DataFrame:
    """The runs that have a measure."""
    return runs[runs["is_counted"] & runs[column].notna()]


def _by_key(runs: pd.DataFrame, pair_by: Iterable[str]) -> dict[tuple[object, ...], int]:
    """The index of each run by the key of its pair; keys of several runs are excluded."""
    seeded = runs[~runs["is_imported"]]  # the seed of an imported run determines nothing
    keys = list(zip(*(seeded[name] for name in (*pair_by, "seed")), strict=True))
    once = Counter(keys)
    return {key: row for key, row in zip(keys, seeded.index, strict=True) if once[key] == 1}


def _side(name: str, runs: pd.DataFrame, measure: Measure, values: Sequence[float]) -> Side:
    """A group with its estimate over these values, and the reasons why its other runs are excluded."""
    defined, reasons = len(_with_measure(runs, measure.column)), excluded_by_reason(runs)
    reasons[_UNDEFINED] = int(runs["is_counted"].sum()) - defined
    reasons[_ALONE] = defined - len(values)
    estimate = rate_interval(map(bool, values)) if measure.is_rate else mean_interval(values, *measure.bounds())
    return Side(name=name, runs=len(runs), n=len(values), excluded=omissions(reasons), estimate=estimate)
