"""`govsim export`: write results for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from govsim import analysis
from govsim.characters import counted
from govsim.cli.console import say
from govsim.cli.options import Folder, FromMonth
from govsim.cli.problems import BrokenJournals
from govsim.errors import AnalysisError


class _Export(TyperGroup):
    """Without the name of a command, `frames` is meant: `govsim export runs`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert the name of the default command."""
        first = args[0] if args else ""
        is_named = first in {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, args if is_named or ctx.resilient_parsing else ["frames", *args])


app = typer.Typer(cls=_Export)


@app.callback()
def export() -> None:
    """Write tables, training data, or results in a common format.

    `govsim export DIR` is short for `govsim export frames DIR`.

    Examples:

        govsim export runs -o frames

        govsim export trajectories runs --format sft -o sft.jsonl

        govsim export every-eval-ever runs --organization "Example Lab"
    """


@app.command()
def frames(
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

        govsim export frames runs -o frames

        govsim export frames runs --format parquet -o frames
    """
    from govsim.analysis.export import check_export_format  # slow to import; --help does not need it

    check_export_format(format)
    broken = BrokenJournals()
    results = analysis.load(folder, from_month=from_month, broken=broken)
    for path in analysis.write_frames(results, out, format):
        say(str(path))
    broken.note_unchecked(results.unknown)
    broken.leave()


@app.command()
def trajectories(
    folder: Folder = Path("runs"),
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Output file.")] = Path("trajectories.jsonl"),
    format: Annotated[  # noqa: A002  the option's name
        Literal["jsonl", "sft", "grpo", "dpo"],
        typer.Option(
            "--format",
            metavar="jsonl|sft|grpo|dpo",
            help="Content of a line: all columns, a chat, a prompt with its reward, or a pair of answers.",
        ),
    ] = "jsonl",
    reward: Annotated[
        Literal["reward_own", "return_own", "return_team", "regret"],
        typer.Option(
            metavar="COLUMN",
            help="Reward in grpo: reward_own, return_own, return_team, or regret (negated).",
        ),
    ] = "return_own",
    discount: Annotated[float, typer.Option(min=0, max=1, help="Discount factor of returns per month.")] = 1.0,
) -> None:
    """Write the answered questions of models with rewards and exact regret, for training: one JSON object per line.

    Answers that could not be parsed, and runs that did not finish, are excluded and counted. Unreadable journals are
    reported on stderr and skipped; the exit code is then 1.

    Examples:

        govsim export trajectories runs -o trajectories.jsonl

        govsim export trajectories runs --format grpo --reward return_team -o grpo.jsonl
    """
    from govsim.analysis.trajectories import write_trajectories  # slow to import

    broken = BrokenJournals()
    written = write_trajectories(folder, out, format, reward=reward, discount=discount, broken=broken)
    if written.excluded.text:
        say(f"govsim: excluded: {written.excluded.text}", err=True)
    if not written.records:
        raise AnalysisError(f"{folder}: {written.nothing}; no file was written")
    say(str(out))
    say(f"govsim: {counted(written.records, 'record')}", err=True)
    broken.leave()


@app.command()
def every_eval_ever(
    folder: Folder = Path("runs"),
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Output folder.")] = Path("every-eval-ever"),
    organization: Annotated[
        str, typer.Option(metavar="NAME", help="Organization that ran the evaluation.", show_default=False)
    ] = "unknown",
    relationship: Annotated[
        Literal["first_party", "third_party", "collaborative", "other"],
        typer.Option(
            metavar="RELATION",
            help="Relationship to the developers of the models: first_party, third_party, collaborative or other.",
        ),
    ] = "third_party",
    from_month: FromMonth = 1,
) -> None:
    """Write the results of each model as JSON in the schema of Every Eval Ever.

    Societies of policies or of several models are excluded and counted. Unreadable journals are reported on stderr and
    skipped; the exit code is then 1.

    Examples:

        govsim export every-eval-ever runs --organization "Example Lab" -o shared
    """
    from govsim.analysis.every_eval_ever import write_evaluation_records  # slow to import
    from govsim.analysis.results import RUN_FRAMES

    broken = BrokenJournals()
    results = analysis.load(folder, frames=RUN_FRAMES, from_month=from_month, broken=broken)
    records = write_evaluation_records(results, out, organization=organization, relationship=relationship)
    for path in records.files:
        say(str(path))
    if records.excluded:
        say(
            f"govsim: excluded: {counted(records.excluded, 'group')} of runs of policies or of several models", err=True
        )
    broken.leave()
