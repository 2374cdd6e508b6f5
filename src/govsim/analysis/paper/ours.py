"""Our runs, as rows beside the paper's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from govsim.analysis.intervals import Estimate, estimated
from govsim.analysis.measures import SURVIVAL_TIME, Measure, measure_named
from govsim.analysis.paper.assembling import OurRow
from govsim.analysis.paper.models import paper_label
from govsim.analysis.paper.tables import ALL, SCENARIOS, Block, PaperTable
from govsim.analysis.results import load
from govsim.analysis.runs import MIXED, NO_MODEL, left_out
from govsim.analysis.statistics.sides import copies_in
from govsim.errors import AnalysisError
from govsim.journal import Broken

if TYPE_CHECKING:
    import pandas as pd


def read_runs_for(table: PaperTable, folder: Path, *, broken: Broken | None = None) -> pd.DataFrame:
    """The frame of runs below a folder, each counted from the month from which the paper's table counts its condition.

    Args:
        table: as `paper_table` gives it.
        folder: where the journals lie, at any depth.
        broken: told of each journal that is broken, which is then left out; raised when None.

    Raises:
        JournalError: there is no journal there, or none that can be read; names file and line.
    """
    return load(folder, frames=("runs",), from_month=table.from_month, broken=broken).runs


def our_rows(runs: pd.DataFrame, table: PaperTable, block: Block) -> list[OurRow]:
    """Our runs of a condition, a row for each society.

    Args:
        runs: a frame of runs.
        table: which scenario and measures.
        block: which condition.

    Raises:
        AnalysisError: gain, efficiency and equality are not counted from the month from which the table counts them.
    """
    chosen = of_table(runs, table, [block.condition])
    if len(chosen) and set(chosen["from_month"]) != {block.from_month}:
        raise AnalysisError(
            f"{table.name} counts runs of the condition {block.condition} from month {block.from_month} on: "
            "take the frame that read_runs_for gives"
        )
    return [_row(group, table, block) for group in societies_of(chosen)]


def of_table(runs: pd.DataFrame, table: PaperTable, conditions: Sequence[str]) -> pd.DataFrame:
    """The runs of a table's scenario in some conditions."""
    scenarios = SCENARIOS if table.scenario == ALL else (table.scenario,)
    return runs[runs["scenario"].isin(scenarios) & runs["condition"].isin(conditions)]


def societies_of(runs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The runs of each society, in order of first occurrence."""
    return (group for _, group in runs.groupby("society", sort=False))


def name_of(runs: pd.DataFrame) -> str:
    """What the model of a society's runs is called: by the paper where it has it, else by us.

    A society without a language model, or with several, is called by its label.
    """
    model, society = str(runs["model"].iloc[0]), str(runs["society"].iloc[0])
    return society if model in {NO_MODEL, MIXED} else paper_label(model) or model


def remarks_on(runs: pd.DataFrame, table: PaperTable) -> Iterator[str]:
    """What a reader has to know of the runs of a row."""
    settings = int(runs.groupby(["scenario", "condition"])["cell"].nunique().max())
    if settings > 1:
        yield f"runs of {settings} different settings are put together"
    if wordings := sorted({str(wording) for wording in runs["wording"].dropna()}):
        yield f"with words of your own ({', '.join(wordings)})"
    if copies := copies_in(runs):
        yield f"runs that repeat another one, alike in settings and seed, count twice ({copies})"
    if table.scenario == ALL:
        counted = Counter(runs["scenario"])
        if len({counted[scenario] for scenario in SCENARIOS}) > 1:
            yield f"runs: {', '.join(f'{scenario} {counted[scenario]}' for scenario in SCENARIOS)}"


def _row(runs: pd.DataFrame, table: PaperTable, block: Block) -> OurRow:
    counted = runs[runs["is_counted"]]
    shown = [measure_named(name) for name in table.measures]
    estimates = {measure.name: _estimate(counted, measure, block.longest) for measure in shown}
    return OurRow(
        model=name_of(runs),
        society=str(runs["society"].iloc[0]),
        runs=len(runs),
        left_out={reason.replace("-", "_"): count for reason, count in left_out(runs).items()},
        values={measure: estimate.to_json() for measure, estimate in estimates.items()},
        remark="; ".join(remarks_on(runs, table)),
    )


def _estimate(counted: pd.DataFrame, measure: Measure, longest: int | None) -> Estimate:
    values = counted[measure.column].astype("float64")
    if measure.name == SURVIVAL_TIME and longest is not None:
        values = values.clip(upper=longest)
    return estimated(measure, values)
