"""Differences of two conditions of ours, as rows beside those of the paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from govsim.analysis.paper.assembling import OurRow
from govsim.analysis.paper.ours import name_of, of_table, remarks_on, societies_of
from govsim.analysis.paper.tables import PaperTable
from govsim.analysis.statistics import Comparison, compare, comparison_record
from govsim.analysis.tables.comparisons import as_shown, difference_of

if TYPE_CHECKING:
    import pandas as pd

_DRAWS = 100
"""Few: of what is drawn nothing is shown."""


def our_differences(runs: pd.DataFrame, table: PaperTable) -> list[OurRow]:
    """The first condition of a table less its second, a row for each society that has runs of both.

    Args:
        runs: a frame of runs.
        table: which scenario, conditions and measures.
    """
    level, baseline = (block.condition for block in table.blocks)
    found = []
    for group in societies_of(of_table(runs, table, [level, baseline])):
        if set(group["condition"]) == {level, baseline}:
            found.append(_row(group, table, baseline))
    return found


def _row(runs: pd.DataFrame, table: PaperTable, baseline: str) -> OurRow:
    compared = {measure: _compared(runs, measure, baseline) for measure in table.measures}
    return OurRow(
        model=name_of(runs),
        society=str(runs["society"].iloc[0]),
        runs=len(runs),
        left_out=dict(_left_out(list(compared.values()))),
        values={measure: difference_of(comparison_record(comparison)) for measure, comparison in compared.items()},
        remark="; ".join(remarks_on(runs, table)),
    )


def _compared(runs: pd.DataFrame, measure: str, baseline: str) -> Comparison:
    rng = np.random.default_rng(0)
    (found,) = compare(runs, by="condition", baseline=baseline, measure=measure, rng=rng, draws=_DRAWS)
    return as_shown(found)


def _left_out(compared: Sequence[Comparison]) -> Iterator[tuple[str, int]]:
    """Runs that a measure leaves out, by reason and side; of several measures the one that leaves out most."""
    found: dict[str, int] = {}
    for comparison in compared:
        for side in (comparison.level, comparison.baseline):
            for omission in side.left_out:
                key = f"{omission.reason} ({side.name})"
                found[key] = max(found.get(key, 0), omission.runs)
    return iter(found.items())
