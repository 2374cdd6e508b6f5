"""Rows of the user's runs for comparison with the paper: means of a condition, and differences of two conditions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from govsim.analysis.cells import without_copies
from govsim.analysis.counterfactual import bounds_text
from govsim.analysis.intervals import Estimate, estimated
from govsim.analysis.measures import SURVIVAL_TIME, Measure, measure_named
from govsim.analysis.paper.tables import ALL, PAPER_SCENARIOS, Block, PaperTable
from govsim.analysis.published import paper_label
from govsim.analysis.runs import MIXED, NO_MODEL, excluded_by_reason
from govsim.analysis.statistics.comparison import compare_measures
from govsim.analysis.statistics.comparison_results import comparison_record, omitted_in
from govsim.analysis.statistics.strata import copies_in
from govsim.analysis.tables.cells import copies_text
from govsim.analysis.tables.comparisons import as_shown, difference_of
from govsim.analysis.tables.table import Row
from govsim.errors import AnalysisError
from govsim.lazy import pandas as pd

_DRAWS = 100
"""A small number, because results of resampling are not shown here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReproducedRow:
    """The runs of one row.

    Attributes:
        model: the paper's name of their model, or the name in the journal.
        society: the society's label.
        setup: how its members decide, and changed settings.
        runs: the number of runs, including excluded ones.
        excluded: the number of excluded runs, by reason.
        values: estimates or differences, by measure.
        bounds: the bounds of those that depend on forfeited decisions as a text, by measure.
        remark: a remark; empty for none.
    """

    model: str
    society: str
    setup: str
    runs: int
    excluded: Mapping[str, int]
    values: Mapping[str, Row]
    bounds: Mapping[str, str] = field(default_factory=dict)
    remark: str = ""


def reproduced_rows(runs: pd.DataFrame, table: PaperTable, block: Block) -> list[ReproducedRow]:
    """Return the runs of a condition, one row for each society.

    Args:
        runs: a frame of runs.
        table: the table, with its scenario and measures.
        block: the condition.

    Raises:
        AnalysisError: gain, efficiency and equality do not count from the first month of the table.
    """
    chosen = _of_table(runs, table, [block.condition])
    if len(chosen) and set(chosen["from_month"]) != {block.from_month}:
        raise AnalysisError(
            f"{table.name} counts runs of the condition {block.condition} from month {block.from_month} on: "
            "load them with from_month=table.from_month"
        )
    return [_means_row(group, table, block) for group in _societies_of(chosen)]


def reproduced_differences(runs: pd.DataFrame, table: PaperTable) -> list[ReproducedRow]:
    """Return the first condition of a table minus its second, one row for each society with runs of both.

    Args:
        runs: a frame of runs.
        table: the table, with its scenario, conditions and measures.
    """
    level, baseline = (block.condition for block in table.blocks)
    found = []
    for group in _societies_of(_of_table(runs, table, [level, baseline])):
        if set(group["condition"]) == {level, baseline}:
            found.append(_difference_row(group, table, baseline))
    return found


def _of_table(runs: pd.DataFrame, table: PaperTable, conditions: Sequence[str]) -> pd.DataFrame:
    """The runs of a table's scenario in some conditions."""
    scenarios = PAPER_SCENARIOS if table.scenario == ALL else (table.scenario,)
    return runs[runs["scenario"].isin(scenarios) & runs["condition"].isin(conditions)]


def _societies_of(runs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The runs of each society, in order of first occurrence."""
    return (group for _, group in runs.groupby("society", sort=False))


def _name_of(runs: pd.DataFrame) -> str:
    """The name of the model of a society's runs: the paper's name, or else the name in the journal.

    Societies without a language model, or with several, have their label.
    """
    model, society = str(runs["model"].iloc[0]), str(runs["society"].iloc[0])
    return society if model in {NO_MODEL, MIXED} else paper_label(model) or model


def _remarks_on(runs: pd.DataFrame, table: PaperTable) -> Iterator[str]:
    """Remarks on the runs of a row."""
    settings = int(runs.groupby(["scenario", "condition"])["cell"].nunique().max())
    if settings > 1:
        yield f"runs of {settings} different settings are pooled"
    if wordings := sorted({str(wording) for wording in runs["prompts_folder"].dropna()}):
        yield f"with custom prompts ({', '.join(wordings)})"
    trajectories, copies = runs[runs["is_counted"]]["trajectory"], copies_in(runs)
    distinct = trajectories.nunique()
    if (identical := copies_text(len(trajectories), distinct)) and copies < len(trajectories) - distinct:
        yield identical
    if copies:
        yield f"duplicate runs, identical in settings and seed, are counted twice ({copies})"
    if table.scenario == ALL:
        counted = Counter(runs["scenario"])
        if len({counted[scenario] for scenario in PAPER_SCENARIOS}) > 1:
            yield f"runs: {', '.join(f'{scenario} {counted[scenario]}' for scenario in PAPER_SCENARIOS)}"


def _means_row(runs: pd.DataFrame, table: PaperTable, block: Block) -> ReproducedRow:
    counted = runs[runs["is_counted"]]
    estimates = {name: _estimate(counted, measure_named(name), block.longest).to_json() for name in table.measures}
    omitted = {reason.replace("-", "_"): count for reason, count in excluded_by_reason(runs).items()}
    values = {name: estimate["value"] for name, estimate in estimates.items()}
    ends = {name: _bounds(counted, measure_named(name), block.longest) for name in table.measures}
    return _reproduced_row(runs, table, omitted, estimates, _bounds_texts(values, ends))


def _bounds(counted: pd.DataFrame, measure: Measure, longest: int | None = None) -> tuple[float, float] | None:
    """The means of the lower and the upper bounds of runs, in the shown unit; None without forfeits."""
    column = measure.column
    ends = [f"{column}_low", f"{column}_high"]
    if not counted[ends].notna().to_numpy().any():
        return None
    found = [
        _estimate(
            counted.assign(**{column: counted[end].where(counted[end].notna(), counted[column])}), measure, longest
        )
        for end in ends
    ]
    low, high = (one.value for one in found)
    return None if low is None or high is None else (low, high)


def _bounds_texts(values: Mapping[str, float | None], ends: Mapping[str, tuple[float, float] | None]) -> dict[str, str]:
    """The texts of bounds that differ from the values as shown."""
    texts = {name: bounds_text(measure_named(name), values[name], pair) for name, pair in ends.items() if pair}
    return {name: text for name, text in texts.items() if text}


def _bounds_of_difference(level: pd.DataFrame, baseline: pd.DataFrame, measure: Measure) -> tuple[float, float] | None:
    """The smallest and the largest difference of means within the bounds of both groups; None without forfeits."""
    if not any(_bounds(side, measure) for side in (level, baseline)):
        return None
    (level_low, level_high), (low, high) = (
        _bounds(side, measure) or (_estimate(side, measure, None).value or 0.0,) * 2 for side in (level, baseline)
    )
    return level_low - high, level_high - low


def _reproduced_row(
    runs: pd.DataFrame,
    table: PaperTable,
    omitted: Mapping[str, int],
    values: Mapping[str, Row],
    bounds: Mapping[str, str],
) -> ReproducedRow:
    return ReproducedRow(
        model=_name_of(runs),
        society=str(runs["society"].iloc[0]),
        setup="" if pd.isna(runs["setup"].iloc[0]) else str(runs["setup"].iloc[0]),
        runs=len(runs),
        excluded=omitted,
        values=values,
        bounds=bounds,
        remark="; ".join(_remarks_on(runs, table)),
    )


def _estimate(counted: pd.DataFrame, measure: Measure, longest: int | None) -> Estimate:
    values = counted[measure.column].astype("float64")
    if measure.name == SURVIVAL_TIME and longest is not None:
        values = values.clip(upper=longest)
    months = longest or (int(counted["months_planned"].max()) if len(counted) else None)
    return without_copies(estimated(measure, values, months=months), values, counted["trajectory"].nunique())


def _difference_row(runs: pd.DataFrame, table: PaperTable, baseline: str) -> ReproducedRow:
    rng = np.random.default_rng(0)
    found = compare_measures(runs, by="condition", baseline=baseline, measures=table.measures, rng=rng, draws=_DRAWS)
    values = {one.measure: difference_of(comparison_record(as_shown(one))) for one in found}
    omitted = {f"{reason} ({side})": count for (_, side, reason), count in omitted_in(found).items()}
    counted = runs[runs["is_counted"]]
    is_baseline = counted["condition"] == baseline
    ends = {
        name: _bounds_of_difference(counted[~is_baseline], counted[is_baseline], measure_named(name))
        for name in table.measures
    }
    differences = {name: row["value"] for name, row in values.items()}
    return _reproduced_row(runs, table, omitted, values, _bounds_texts(differences, ends))
