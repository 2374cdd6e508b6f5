"""Rows of the user's runs for comparison with the paper: means of a condition, and differences of two conditions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from govsim.analysis.cells import without_copies
from govsim.analysis.intervals import Estimate, estimated
from govsim.analysis.measures import SURVIVAL_TIME, Measure, measure_named
from govsim.analysis.paper.tables import ALL, SCENARIOS, Block, PaperTable
from govsim.analysis.published import paper_label
from govsim.analysis.runs import MIXED, NO_MODEL, excluded_by_reason
from govsim.analysis.statistics.comparison import compare_measures
from govsim.analysis.statistics.comparison_results import comparison_record, omitted_in
from govsim.analysis.statistics.sides import copies_in
from govsim.analysis.tables.cells import copies_text
from govsim.analysis.tables.comparisons import as_shown, difference_of
from govsim.analysis.tables.table import Row
from govsim.errors import AnalysisError
from govsim.lazy import pandas as pd

_DRAWS = 100
"""A small number, because results of resampling are not shown here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OurRow:
    """The runs of one row.

    Attributes:
        model: the paper's name of their model, or the name in the journal.
        society: the society's label.
        setup: how its members decide, and changed settings.
        runs: the number of runs, including excluded ones.
        excluded: the number of excluded runs, by reason.
        values: estimates or differences, by measure.
        remark: a remark; empty for none.
    """

    model: str
    society: str
    setup: str
    runs: int
    excluded: Mapping[str, int]
    values: Mapping[str, Row]
    remark: str = ""


def our_rows(runs: pd.DataFrame, table: PaperTable, block: Block) -> list[OurRow]:
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


def our_differences(runs: pd.DataFrame, table: PaperTable) -> list[OurRow]:
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
    scenarios = SCENARIOS if table.scenario == ALL else (table.scenario,)
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
        if len({counted[scenario] for scenario in SCENARIOS}) > 1:
            yield f"runs: {', '.join(f'{scenario} {counted[scenario]}' for scenario in SCENARIOS)}"


def _means_row(runs: pd.DataFrame, table: PaperTable, block: Block) -> OurRow:
    counted = runs[runs["is_counted"]]
    estimates = {name: _estimate(counted, measure_named(name), block.longest).to_json() for name in table.measures}
    omitted = {reason.replace("-", "_"): count for reason, count in excluded_by_reason(runs).items()}
    return _our_row(runs, table, omitted, estimates)


def _our_row(runs: pd.DataFrame, table: PaperTable, omitted: Mapping[str, int], values: Mapping[str, Row]) -> OurRow:
    return OurRow(
        model=_name_of(runs),
        society=str(runs["society"].iloc[0]),
        setup="" if pd.isna(runs["setup"].iloc[0]) else str(runs["setup"].iloc[0]),
        runs=len(runs),
        excluded=omitted,
        values=values,
        remark="; ".join(_remarks_on(runs, table)),
    )


def _estimate(counted: pd.DataFrame, measure: Measure, longest: int | None) -> Estimate:
    values = counted[measure.column].astype("float64")
    if measure.name == SURVIVAL_TIME and longest is not None:
        values = values.clip(upper=longest)
    months = longest or (int(counted["months_planned"].max()) if len(counted) else None)
    return without_copies(estimated(measure, values, months=months), values, counted["trajectory"].nunique())


def _difference_row(runs: pd.DataFrame, table: PaperTable, baseline: str) -> OurRow:
    rng = np.random.default_rng(0)
    found = compare_measures(runs, by="condition", baseline=baseline, measures=table.measures, rng=rng, draws=_DRAWS)
    values = {one.measure: difference_of(comparison_record(as_shown(one))) for one in found}
    omitted = {f"{reason} ({side})": count for (_, side, reason), count in omitted_in(found).items()}
    return _our_row(runs, table, omitted, values)
