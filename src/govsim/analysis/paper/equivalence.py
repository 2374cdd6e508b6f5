"""Tests of the equivalence of runs with the published results of the same model, scenario and condition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from govsim.analysis.measures import SURVIVAL_TIME, Measure
from govsim.analysis.paper.printed import Printed, printed_in
from govsim.analysis.paper.tables import ALL, TABLES, Block
from govsim.analysis.published import NOTES, paper_label
from govsim.analysis.statistics.effects import GAFFKE_NEWCOMBE
from govsim.analysis.statistics.equivalence import Equivalence, of_rates, to_published
from govsim.errors import AnalysisError
from govsim.lazy import pandas as pd

RUNS, SIX_RUNS = 5, "six-runs"
"""The number of runs behind a published value, and the note on values that imply six."""

_NO_SPREAD = "the paper prints no spread for this value"
_NO_COUNT = "the published rate is not a share of five runs"


def first_month(condition: str) -> int:
    """Return the first month that published gains, efficiencies and equalities of a condition count.

    Args:
        condition: the condition.
    """
    return max((block.from_month for _, block in _blocks() if block.condition == condition), default=1)


def equivalences_to_published(
    runs: pd.DataFrame, measure: Measure, margin: float
) -> list[tuple[str, str, str, Equivalence]]:
    """Test the equivalence of runs with the published values of the same model, scenario and condition.

    Published means of a scenario have a standard deviation of five runs (six where the printed means imply them). A
    published survival rate is a number of five runs.

    Args:
        runs: a frame of runs, counted from `first_month` of their condition on.
        measure: the measure.
        margin: the smallest difference that matters, above 0, in the unit in which the measure is shown.

    Returns:
        The scenario and condition, the society, the published value and the result in the shown unit.

    Raises:
        AnalysisError: the margin is not above 0, the paper has no such measure, or no runs are of one of its models.
    """
    found = list(_tests(runs, measure, margin))
    if not found:
        raise AnalysisError(
            f"measure = {measure.name}: no runs have a model, scenario and condition for which the paper reports it; "
            "govsim table --like paper:4 shows its models"
        )
    return found


def _blocks() -> Iterator[tuple[str, Block]]:
    """The printed tables of conditions, each once, with their scenario."""
    seen = set[int]()
    for table in TABLES.values():
        for block in table.blocks if table.kind == "means" and table.scenario != ALL else ():
            if block.printed not in seen:
                seen.add(block.printed)
                yield table.scenario, block


def _tests(runs: pd.DataFrame, measure: Measure, margin: float) -> Iterator[tuple[str, str, str, Equivalence]]:
    for scenario, block in _blocks():
        chosen = runs[(runs["scenario"] == scenario) & (runs["condition"] == block.condition) & runs["is_counted"]]
        printed = printed_in(block.printed)
        for (model, society), group in chosen.groupby(["model", "society"], sort=False):
            label = paper_label(str(model))
            if label is None or (figure := printed.get(label, {}).get(measure.name)) is None:
                continue
            values = group[measure.column].dropna().astype("float64")
            if measure.name == SURVIVAL_TIME and block.longest is not None:
                values = values.clip(upper=block.longest)
            one = _equivalence([float(value) for value in values], figure, measure, margin)
            named = f"{label}, table {block.printed} of the paper"
            yield f"{scenario} · {block.condition}", str(society), named, one


def _equivalence(values: list[float], figure: Printed, measure: Measure, margin: float) -> Equivalence:
    n = RUNS + 1 if SIX_RUNS in figure.notes else RUNS
    remarks = tuple(NOTES[key].text for key in figure.notes)
    if measure.is_rate:
        survivors = figure.value / 100 * n
        if abs(survivors - round(survivors)) > 0.01:
            return Equivalence(method=GAFFKE_NEWCOMBE, margin=margin, reason=_NO_COUNT, remarks=remarks)
        theirs = [index < round(survivors) for index in range(n)]
        return replace(of_rates([value > 0 for value in values], theirs, margin), remarks=remarks)
    if figure.spread is None:
        return Equivalence(method="Welch's t", margin=margin, reason=_NO_SPREAD, remarks=remarks)
    shown = [measure.scale * value for value in values]
    return replace(to_published(shown, figure.value, figure.spread, n, margin), remarks=remarks)
