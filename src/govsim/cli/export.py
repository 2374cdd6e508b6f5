"""`govsim export`: write all data as tidy files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from govsim import analysis
from govsim.cli.console import say
from govsim.cli.options import Folder, FromMonth
from govsim.cli.problems import BrokenJournals


def export(
    folder: Folder = Path("runs"),
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Output folder.")] = Path("export"),
    format: Annotated[  # noqa: A002  the option's name
        Literal["csv", "parquet"],
        typer.Option("--format", metavar="csv|parquet", help="File format; Parquet needs govsim[parquet]."),
    ] = "csv",
    from_month: FromMonth = 1,
) -> None:
    """Write runs, members, months and decisions as tidy files, with a description of their columns.

    If available, also write model calls, memories and studies; the solutions and accuracies of sub-skill tests; and the
    results of judges: labelled utterances, promises, knowledge, and the limits that discussions agreed on. Files of an
    earlier export are replaced. Unreadable journals are reported on stderr and skipped; the exit code is then 1.

    Examples:

        govsim export runs -o frames

        govsim export runs --format parquet -o frames
    """
    from govsim.analysis.export import check_export_format  # slow to import; --help does not need it

    check_export_format(format)
    broken = BrokenJournals()
    results = analysis.load(folder, from_month=from_month, broken=broken)
    for path in analysis.write_frames(results, out, format):
        say(str(path))
    broken.note_unchecked(results.unknown)
    broken.leave()
