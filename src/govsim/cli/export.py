"""`govsim export`: everything that was measured, as files for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from govsim import analysis
from govsim.cli.options import Folder, FromMonth
from govsim.cli.problems import BrokenJournals
from govsim.cli.words import say


def export(
    folder: Folder = Path("runs"),
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where the files go.")] = Path("export"),
    format: Annotated[  # noqa: A002  the option's name
        Literal["csv", "parquet"],
        typer.Option("--format", metavar="csv|parquet", help="Parquet needs govsim[parquet]."),
    ] = "csv",
    from_month: FromMonth = 1,
) -> None:
    """Write runs, members, months and decisions as tidy files, and beside them what their columns mean.

    Where tests of sub-skills lie there too, their solutions and accuracies are written beside them, or alone where
    there are no runs; where judges have read the runs, what they said: labelled utterances, promises and knowledge, and
    the limits that talks agreed on; and where there are any, calls of models, memories and studies. Files of an earlier
    export are replaced. A journal that is broken is named on stderr and left out; the command then ends with 1.

    Examples:
        govsim export runs -o frames

        govsim export runs --format parquet -o frames
    """
    from govsim.analysis.export import check_format  # its module takes a second to import, and --help needs none of it

    check_format(format)
    broken = BrokenJournals()
    results = analysis.load(folder, from_month=from_month, broken=broken)
    for path in analysis.write_frames(results, out, format):
        say(str(path))
    broken.note_unchecked(results.unknown)
    broken.leave()
