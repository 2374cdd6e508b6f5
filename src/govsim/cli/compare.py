"""`govsim compare`: whether conditions, models or whatever else runs differ in make a difference."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govsim.cli.options import Folder, Formatted, FromMonth, TableFormat
from govsim.cli.words import say_table
from govsim.lazy import pandas as pd

if TYPE_CHECKING:
    from govsim.cli.problems import BrokenJournals


class Pairing(StrEnum):
    """How sides are compared: run with run of the same seed, all with all, or as the seeds allow."""

    AUTO = "auto"
    PAIRED = "paired"
    UNPAIRED = "unpaired"


def compare(  # noqa: PLR0917 - one parameter for each option of the command
    folder: Folder = Path("runs"),
    by: Annotated[
        str,
        typer.Option(
            metavar="KEY", help="What the sides differ in: condition, model, scenario, agent, society or world.growth."
        ),
    ] = "condition",
    baseline: Annotated[str | None, typer.Option(help="The value that all others are compared with.")] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A measure, such as survival_rate, survival_time or gain; repeat it."),
    ] = None,
    within: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="What both sides are alike in; repeat it; none puts all runs together."),
    ] = None,
    design: Annotated[
        Pairing, typer.Option(metavar="auto|paired|unpaired", help="Run with run of the same seed, or all with all.")
    ] = Pairing.AUTO,
    from_month: FromMonth = 1,
    seed: Annotated[int, typer.Option(min=0, help="What random draws come from.")] = 0,
    format: Formatted = TableFormat.TEXT,  # noqa: A002  the option's name
) -> None:
    """Compare conditions, models, or whatever else runs differ in: differences, intervals, tests and sizes of effects.

    All p values of the table are adjusted for each other. A journal that is broken is named on stderr and left out; the
    command then ends with 1.

    Examples:
        govsim compare runs

        govsim compare runs --by model --baseline openai/gpt-4o-mini --measure gain --measure survival_rate

        govsim compare runs --by world.growth --baseline 2.0 --format latex
    """
    import numpy as np

    from govsim.analysis import compare_measures, comparisons_table, render
    from govsim.cli.problems import BrokenJournals

    broken = BrokenJournals()
    runs, notes = _runs(folder, by, from_month, broken)
    found = compare_measures(
        runs,
        by=by,
        baseline=baseline or _baseline_of(runs, by, folder),
        measures=measure,
        within=[] if within == ["none"] else within,
        design=design.value,
        from_month=from_month,
        rng=np.random.default_rng(seed),
    )
    say_table(render(comparisons_table(found, seed=seed, broken=broken.count, notes=notes), format), format)
    broken.leave()


def _runs(folder: Path, by: str, from_month: int, broken: BrokenJournals) -> tuple[pd.DataFrame, list[str]]:
    """The runs below a folder as a frame, and notes on them."""
    from govsim.analysis.cells import unknown_notes
    from govsim.analysis.frames import runs_frame
    from govsim.analysis.results import load

    measured = load(folder, frames=("runs",), from_month=from_month, broken=broken).measures
    return runs_frame(measured, settings=_setting(by)), unknown_notes(measured)


def _baseline_of(runs: pd.DataFrame, by: str, folder: Path) -> str:
    """The value that suggests itself.

    Raises:
        AnalysisError: none does; names the values, and a command.
    """
    import shlex

    from govsim.analysis.statistics.sides import baseline_of, values_of
    from govsim.errors import AnalysisError

    if (found := baseline_of(runs, by)) is not None:
        return found
    values = values_of(runs, by)
    command = shlex.join(["govsim", "compare", str(folder), "--by", by, "--baseline", values[0]])
    raise AnalysisError(
        f"baseline: not given, and {by} has {len(values)} values; choose the one that the others are compared with, as "
        f"in: {command}; there are {', '.join(values)}"
    )


def _setting(by: str) -> list[str]:
    """The key of the experiment that sides differ in, where it is none of the frame's columns."""
    from govsim.analysis.frames import runs_layout

    return [] if by in runs_layout().names else [by]
