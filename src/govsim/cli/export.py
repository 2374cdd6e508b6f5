"""`govsim export`: everything that was measured, as files for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class FileFormat(StrEnum):
    """What frames are written as."""

    CSV = "csv"
    PARQUET = "parquet"


def export(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder with journals, at any depth, or one journal.")
    ] = Path("runs"),
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where the files go.")] = Path("export"),
    format: Annotated[  # noqa: A002  the option's name
        FileFormat, typer.Option("--format", metavar="csv|parquet", help="Parquet needs govsim[parquet].")
    ] = FileFormat.CSV,
    from_month: Annotated[
        int, typer.Option(min=1, help="The first month that gain, efficiency and equality count.")
    ] = 1,
) -> None:
    """Write runs, members, months and decisions as tidy files, and beside them what their columns mean.

    Where tests of sub-skills lie there too, their solutions and accuracies are written beside them, or alone where
    there are no runs; where judges have read the runs, what they said: labelled utterances, promises and knowledge, and
    the limits that talks agreed on. Files of an earlier export are replaced. A journal that is broken is named on
    stderr and left out; the command then ends with 1.

    Examples:
        govsim export runs -o frames

        govsim export runs --format parquet -o frames
    """
    from govsim.analysis import read_frames, write_frames
    from govsim.analysis.dialogue import dialogue_frames, read_dialogue
    from govsim.analysis.frames import check_format
    from govsim.analysis.skills import read_skills, skill_frames
    from govsim.cli.broken import BrokenJournals
    from govsim.cli.words import say
    from govsim.journal import holds_runs

    check_format(format)
    broken = BrokenJournals()
    tested = skill_frames(read_skills(folder, broken=broken)) if folder.exists() else []
    if tested and not holds_runs(folder):
        frames, judged = None, []
    else:
        frames = read_frames(folder, from_month=from_month, broken=broken)
        judged = dialogue_frames(read_dialogue(folder, broken=broken))
    for path in write_frames(frames, out, format, studies=[*tested, *judged]):
        say(str(path))
    if frames is not None:
        broken.note_unchecked(frames.unknown)
    broken.leave()
