"""`govsim compare`: whether conditions, models or whatever else runs differ in make a difference."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from govsim import analysis
from govsim.analysis.cells import unknown_notes
from govsim.analysis.frames import runs_layout
from govsim.analysis.statistics.sides import Design, baseline_of, values_of
from govsim.cli.options import Folder, Formatted, FromMonth, Seed, with_groups
from govsim.cli.problems import BrokenJournals
from govsim.cli.words import say_table
from govsim.errors import AnalysisError
from govsim.lazy import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What is compared with what."""

    by: Annotated[
        str,
        typer.Option(
            metavar="KEY", help="What the sides differ in: condition, model, scenario, agent, society or world.growth."
        ),
    ] = "condition"
    baseline: Annotated[str | None, typer.Option(help="The value that all others are compared with.")] = None
    measure: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A measure, such as survival_rate, survival_time or gain; repeat it."),
    ] = None
    within: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="What both sides are alike in; repeat it; none puts all runs together."),
    ] = None
    design: Annotated[
        Design, typer.Option(metavar="auto|paired|unpaired", help="Run with run of the same seed, or all with all.")
    ] = "auto"


@with_groups
def compare(
    folder: Folder = Path("runs"),
    sides: Sides = Sides(),
    from_month: FromMonth = 1,
    seed: Seed = 0,
    format: Formatted = "text",  # noqa: A002  the option's name
) -> None:
    """Compare conditions, models, or whatever else runs differ in: differences, intervals, tests and sizes of effects.

    All p values of the table are adjusted for each other. A journal that is broken is named on stderr and left out; the
    command then ends with 1.

    Examples:
        govsim compare runs

        govsim compare runs --by model --baseline openai/gpt-4o-mini --measure gain --measure survival_rate

        govsim compare runs --by world.growth --baseline 2.0 --format latex
    """
    broken = BrokenJournals()
    measured = analysis.load(folder, frames=("runs",), from_month=from_month, broken=broken).measures
    runs = analysis.runs_frame(measured, settings=[] if sides.by in runs_layout().names else [sides.by])
    found = analysis.compare_measures(
        runs,
        by=sides.by,
        baseline=sides.baseline or _baseline_of(runs, sides.by, folder),
        measures=sides.measure,
        within=[] if sides.within == ["none"] else sides.within,
        design=sides.design,
        from_month=from_month,
        rng=np.random.default_rng(seed),
    )
    notes = unknown_notes(measured)
    table = analysis.comparisons_table(found, seed=seed, broken=broken.count, notes=notes)
    say_table(analysis.render(table, format), format)
    broken.leave()


def _baseline_of(runs: pd.DataFrame, by: str, folder: Path) -> str:
    """The value that suggests itself.

    Raises:
        AnalysisError: none does; names the values, and a command.
    """
    if (found := baseline_of(runs, by)) is not None:
        return found
    values = values_of(runs, by)
    command = shlex.join(["govsim", "compare", str(folder), "--by", by, "--baseline", values[0]])
    raise AnalysisError(
        f"baseline: not given, and {by} has {len(values)} values; choose the one that the others are compared with, as "
        f"in: {command}; there are {', '.join(values)}"
    )
