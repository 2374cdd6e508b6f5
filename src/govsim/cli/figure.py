"""`govsim figure`: figures of all runs below a folder, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from govsim.analysis.results import FIGURE_FRAMES, load
from govsim.cli.options import Folder, FromMonth
from govsim.cli.problems import BrokenJournals
from govsim.cli.words import say
from govsim.errors import AnalysisError


def figure(
    folder: Folder = Path("runs"),
    *,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="stock, survival, catch, gain, equality, effects, invalid, cost; labels, promises or knowledge, where "
            "judges have read the runs; repeat it. [all there is]",
        ),
    ] = None,
    by: Annotated[
        str, typer.Option(metavar="COLUMN", help="What the series are: condition, model, scenario, society or agent.")
    ] = "condition",
    baseline: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What effects are differences from.", show_default="default, or the first"),
    ] = None,
    format: Annotated[  # noqa: A002  the option's name
        Literal["png", "svg", "pdf"], typer.Option("--format", metavar="png|svg|pdf", help="What to write.")
    ] = "png",
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write to.")] = Path("figures"),
    from_month: FromMonth = 1,
) -> None:
    """Write figures, one column wide, and beside each the numbers it was drawn from (CSV) and its caption.

    A journal that is broken is named on stderr and left out; the command then ends with 1.

    Examples:
        govsim figure runs

        govsim figure runs --kind survival --kind effects --by model --format pdf -o paper/figures
    """
    from govsim.analysis.figures import draw, write_figures  # with matplotlib, which --help does not wait for

    broken = BrokenJournals()
    results = load(folder, frames=FIGURE_FRAMES, from_month=from_month, broken=broken)
    if not (drawn := draw(results, kind or (), by=by, baseline=baseline)):
        raise AnalysisError(f"kind = {', '.join(kind or ())}: nothing was drawn; see the warnings")
    for path in write_figures(drawn, out, format):
        say(str(path))
    broken.note_unchecked(results.unknown)
    broken.leave()
